/** What is said of each phase: its name, a paragraph for a class, and the paper's symbols with the official code's names. */
import type { ReactNode } from 'react';
import type { Anatomy } from '../../protocol/anatomy.ts';
import type { StepPhase } from '../../state/anatomy.ts';
import { formatMomentum, formatValue } from '../charts/format.ts';
import { mi, mn, paren, SYMBOL, sub, words } from './math.tsx';

export interface SymbolRow {
  symbol: ReactNode;
  /** Name in facebookresearch/dino. */
  code: string;
  /** In this step. */
  value: string;
}

export interface Lesson {
  name: string;
  /** One paragraph. */
  text: (anatomy: Anatomy) => string;
  symbols: (anatomy: Anatomy) => SymbolRow[];
}

const OPTIMIZERS = { adamw: 'AdamW', adam: 'Adam', sgd: 'SGD' } as const;

export const optimizerName = ({ at }: Anatomy): string => OPTIMIZERS[at.optimizer.kind];

export const LESSONS: Record<StepPhase, Lesson> = {
  crops: {
    name: 'Crops',
    text: ({ ids, views }) =>
      `A step begins with ${ids.length} images and no labels. Of each, chance cuts two large pieces (global views) and ${views - 2} small ones (local views), flips them and changes their colors. All ${views} are the same thing seen differently, and that is all the two networks will ever be told.`,
    symbols: ({ ids, views }) => [
      { symbol: mi('B'), code: 'batch_size_per_gpu', value: String(ids.length) },
      { symbol: mi('V'), code: 'local_crops_number + 2', value: String(views) },
    ],
  },
  teacher: {
    name: 'Teacher',
    text: ({ prototypes, at }) =>
      `The teacher looks at the two large pieces alone. It answers with ${prototypes} scores, one for each prototype: how much does this picture look like prototype 1, like prototype 2, … Nobody has said what the prototypes stand for. ${at.stopGradient ? 'No gradient flows here: the teacher is never taught.' : 'The stop-gradient is off in this run: the student answers here too, and the gradient flows through both sides.'}`,
    symbols: ({ prototypes }) => [
      { symbol: SYMBOL.teacherScore, code: 'teacher_output', value: `${prototypes} scores` },
      { symbol: mi('K'), code: 'out_dim', value: String(prototypes) },
    ],
  },
  sharpen: {
    name: 'Center and sharpen',
    text: ({ at }) =>
      `${at.centering ? 'First the center is taken away: what the teacher says of every picture anyway no longer counts, so no prototype can win them all.' : 'Centering is off in this run: nothing keeps one prototype from winning all pictures.'} Then the scores are divided by a small temperature, ${formatValue(at.teacherTemp)}, before they become probabilities: differences grow, and a flat answer turns into a clear one. Each pulls the wrong way alone; together they hold each other.`,
    symbols: ({ at }) => [
      { symbol: SYMBOL.centerVector, code: 'self.center', value: at.centering ? 'in the picture' : 'off' },
      { symbol: SYMBOL.teacherTemp, code: 'teacher_temp_schedule', value: formatValue(at.teacherTemp) },
      { symbol: SYMBOL.teacherAnswer, code: 'teacher_out', value: 'in the picture' },
    ],
  },
  student: {
    name: 'Student',
    text: ({ views, at }) =>
      `The student sees all ${views} views, the small ones too. It has the same form as the teacher and other weights. Its scores become probabilities with a higher temperature, ${formatValue(at.studentTemp)}, and without a center: it may be less sure than the teacher, and it has to find out by itself which prototypes are in use.`,
    symbols: ({ at }) => [
      { symbol: SYMBOL.studentScore, code: 'student_output', value: 'scores' },
      { symbol: SYMBOL.studentTemp, code: 'student_temp', value: formatValue(at.studentTemp) },
    ],
  },
  loss: {
    name: 'Loss pairs',
    text: ({ views }) =>
      `Every answer of the teacher is held against every answer of the student to another view of the same picture: ${2 * (views - 1)} pairs. A pair costs little where the student gives much to the prototypes that the teacher names. Pairs of the very same view are left out. So a student who sees only an ear must say what a teacher says who sees the whole dog.`,
    symbols: ({ agreement }) => [
      { symbol: mi('L'), code: 'loss', value: formatValue(agreement.loss.run) },
      {
        symbol: (
          <>
            {sub(mi('P'), mi('t'))}
            {paren(mi('v'))}
          </>
        ),
        code: 'q',
        value: 'teacher, view v',
      },
    ],
  },
  gradients: {
    name: 'Gradients and clipping',
    text: ({ at }) => {
      const clipping =
        at.clip === 'off'
          ? 'Clipping is off in this run.'
          : at.clip === 'tensor'
            ? `Whichever tensor’s gradient is longer than ${at.clipNorm} is shortened to that length, each by itself, so that one bad batch cannot throw the network off.`
            : `If all gradients together are longer than ${at.clipNorm}, they are all shortened alike, so that one bad batch cannot throw the network off.`;
      const frozen = at.frozen
        ? ' The last layer’s gradient is dropped in the first epoch: the prototypes stand still until the rest has found its feet.'
        : '';
      return `Going backwards through the student gives each of its weights a gradient: the direction in which the loss would grow. ${clipping}${frozen}`;
    },
    symbols: ({ at }) => [
      { symbol: mi('g'), code: 'p.grad', value: 'a bar a tensor' },
      {
        symbol: words('limit'),
        code: 'clip_grad',
        value: at.clip === 'off' ? 'off' : String(at.clipNorm),
      },
    ],
  },
  optimizer: {
    name: 'Optimizer',
    text: (anatomy) =>
      anatomy.at.optimizer.kind === 'sgd'
        ? 'The weights go against the gradient. SGD with momentum keeps a velocity: a running sum of gradients that lets the weights roll on in a steady direction.'
        : `${optimizerName(anatomy)} remembers two things of each weight: m, where its gradient has pointed lately, and v, how large it usually is. It goes along m, divided by the root of v, so that every weight moves at its own pace. ${anatomy.at.optimizer.kind === 'adamw' ? 'Weight decay draws large weights towards 0, apart from the gradient.' : 'Weight decay is added to the gradient.'}`,
    symbols: ({ at }) => [
      { symbol: mi('η'), code: 'lr_schedule', value: formatValue(at.lr) },
      { symbol: mi('λ'), code: 'wd_schedule', value: formatValue(at.weightDecay) },
      ...(at.optimizer.kind === 'sgd'
        ? [{ symbol: mi('μ'), code: 'momentum', value: formatValue(at.optimizer.sgdMomentum) }]
        : [
            {
              symbol: sub(mi('β'), mn('1,2')),
              code: 'betas',
              value: `${at.optimizer.beta1}, ${at.optimizer.beta2}`,
            },
            { symbol: mi('ε'), code: 'eps', value: formatValue(at.optimizer.epsilon) },
          ]),
    ],
  },
  ema: {
    name: 'Teacher follows',
    text: ({ at }) =>
      `The teacher is not trained. It keeps ${formatMomentum(at.momentum)} of each of its weights and takes the rest from the student${at.teacherUpdate === 'after' ? ' that has just moved' : ', before the student moves'}: an exponential moving average over about the last ${Math.round(1 / Math.max(1e-9, 1 - at.momentum))} steps. Averages are calmer and mostly better than what they are made of, so the student has something to learn from them.`,
    symbols: ({ at }) => [
      { symbol: mi('m'), code: 'momentum_schedule', value: formatMomentum(at.momentum) },
      { symbol: SYMBOL.teacherWeights, code: 'teacher', value: 'in the picture' },
      { symbol: SYMBOL.studentWeights, code: 'student', value: 'in the picture' },
    ],
  },
  center: {
    name: 'Center follows',
    text: ({ at }) =>
      at.centering
        ? `Last, the center takes in what the teacher said in this step on average, before centering. A prototype that got high scores everywhere will be held down in the steps to come. The loss of this step used the center from before.`
        : 'Centering is off in this run: the center stays 0. With it on, it would take in what the teacher said in this step on average.',
    symbols: ({ at }) => [
      {
        symbol: sub(mi('m'), mi('c')),
        code: 'center_momentum',
        value: at.centering ? formatValue(at.centerMomentum) : 'off',
      },
      { symbol: SYMBOL.centerVector, code: 'self.center', value: 'K numbers' },
    ],
  },
};
