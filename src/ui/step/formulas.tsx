/** The formula of each phase, as this run computes it. */
import type { ReactNode } from 'react';
import type { Anatomy } from '../../protocol/anatomy.ts';
import type { StepPhase } from '../../state/anatomy.ts';
import {
  equals,
  Formula,
  frac,
  gets,
  hat,
  mi,
  minus,
  mn,
  mo,
  paren,
  plus,
  root,
  row,
  SYMBOL,
  sub,
  subsup,
  sum,
  sup,
  times,
  words,
  wordsApart,
} from './math.tsx';

const { centerVector, teacherScore, studentScore, teacherTemp, studentTemp } = SYMBOL;
const { teacherAnswer, studentAnswer, teacherWeights, studentWeights } = SYMBOL;

const softmax = (inside: ReactNode) => row(words('softmax'), paren(inside));

const crops = ({ views }: Anatomy) => (
  <Formula says={`${views} views of an image: 2 global and ${views - 2} local ones`}>
    {row(mi('x'), mo('→'))}
    {subsup(mi('x'), mn('1'), mi('g'))}
    {mo(',')}
    {subsup(mi('x'), mn('2'), mi('g'))}
    {views > 2 && row(mo(','), subsup(mi('x'), mn('1'), mi('l')))}
    {views > 3 && row(mo(','), mo('…'), mo(','), subsup(mi('x'), mn(String(views - 2)), mi('l')))}
  </Formula>
);

const teacher = () => (
  <Formula says="The teacher's scores are its network's output on the two global views">
    {teacherScore}
    {equals}
    {sub(mi('g'), teacherWeights)}
    {paren(mi('x'))}
    {mo(',')}
    {wordsApart('')}
    {mi('x')}
    {mo('∈')}
    {row(mo('{'), subsup(mi('x'), mn('1'), mi('g')), mo(','), subsup(mi('x'), mn('2'), mi('g')), mo('}'))}
  </Formula>
);

const sharpen = ({ at }: Anatomy) => (
  <Formula says="The teacher's answer is the softmax of its scores, without the center, over its temperature">
    {teacherAnswer}
    {equals}
    {softmax(frac(at.centering ? row(teacherScore, minus, centerVector) : teacherScore, teacherTemp))}
  </Formula>
);

const student = () => (
  <Formula says="The student's answer is the softmax of its scores over its temperature, for every view">
    {studentAnswer}
    {equals}
    {softmax(frac(studentScore, studentTemp))}
    {mo(',')}
    {wordsApart('')}
    {studentScore}
    {equals}
    {sub(mi('g'), studentWeights)}
    {paren(mi('x'))}
  </Formula>
);

const loss = ({ views }: Anatomy) => (
  <Formula says="The loss is the mean over all pairs of different views of the cross-entropy between the teacher's answer and the student's">
    {mi('L')}
    {equals}
    {frac(mn('1'), mn(String(2 * (views - 1))))}
    {sum(row(mi('v'), mo('≠'), mi('u')))}
    {minus}
    {sum(mi('k'))}
    {sub(mi('P'), row(mi('t'), mo(','), mi('k')))}
    {paren(mi('v'))}
    {wordsApart('ln')}
    {sub(mi('P'), row(mi('s'), mo(','), mi('k')))}
    {paren(mi('u'))}
  </Formula>
);

const gradients = ({ at }: Anatomy) =>
  at.clip === 'off' ? (
    <Formula says="The gradient is the derivative of the loss by the student's weights; nothing is clipped">
      {mi('g')}
      {equals}
      {frac(row(mo('∂'), mi('L')), row(mo('∂'), studentWeights))}
    </Formula>
  ) : (
    <Formula says={`A gradient longer than ${at.clipNorm} is shortened to that length`}>
      {mi('g')}
      {gets}
      {mi('g')}
      {times}
      {words('min')}
      {paren(
        mn('1'),
        mo(','),
        frac(mn(String(at.clipNorm)), row(mo('‖'), mi('g'), mo('‖'), plus, sup(mn('10'), mn('−6')))),
      )}
    </Formula>
  );

const rate = mi('η');

function optimizer({ at }: Anatomy) {
  const { kind } = at.optimizer;
  if (kind === 'sgd')
    return (
      <Formula says="The velocity takes in the gradient, and the weights go along it">
        {row(mi('b'), gets, mi('μ'), mi('b'), plus, mi('g'), mo(','), wordsApart(''))}
        {row(mi('θ'), gets, mi('θ'), minus, rate, mi('b'))}
      </Formula>
    );
  const decay = row(mi('λ'), mi('θ'));
  return (
    <Formula says="m is a running mean of the gradient, v of its square; the weights go along m over the root of v">
      {row(mi('θ'), gets, mi('θ'), minus, rate)}
      {kind === 'adamw'
        ? paren(ratio(), plus, decay)
        : row(ratio(), mo(','), wordsApart(''), mi('g'), gets, mi('g'), plus, decay)}
    </Formula>
  );
}

const ratio = () => frac(hat(mi('m')), row(root(hat(mi('v'))), plus, mi('ε')));

const ema = ({ at }: Anatomy) => (
  <Formula
    says={`The teacher's weights become m of themselves and one minus m of the student's, ${at.teacherUpdate === 'after' ? 'as just updated' : 'before its update'}`}
  >
    {teacherWeights}
    {gets}
    {mi('m')}
    {teacherWeights}
    {plus}
    {paren(mn('1'), minus, mi('m'))}
    {studentWeights}
  </Formula>
);

const momentum = sub(mi('m'), mi('c'));

const center = () => (
  <Formula says="The center keeps its share of itself and takes in the mean score of the batch">
    {centerVector}
    {gets}
    {momentum}
    {centerVector}
    {plus}
    {paren(mn('1'), minus, momentum)}
    {frac(mn('1'), row(mn('2'), mi('B')))}
    {mo('∑')}
    {teacherScore}
  </Formula>
);

export const FORMULAS: Record<StepPhase, (anatomy: Anatomy) => ReactNode> = {
  crops,
  teacher,
  sharpen,
  student,
  loss,
  gradients,
  optimizer,
  ema,
  center,
};
