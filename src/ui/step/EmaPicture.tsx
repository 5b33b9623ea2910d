/** Phase 8: how far the teacher is from the student, how far it goes, and a corner of both. */
import type { Anatomy } from '../../protocol/anatomy.ts';
import { formatMomentum } from '../charts/format.ts';
import { useAnatomy } from '../use-stores.ts';
import { HeatMap } from './HeatMap.tsx';
import classes from './picture.module.css';
import { type PictureProps, STUDENT, TEACHER } from './pictures.ts';
import { cornerInWords, TensorPicker } from './TensorPicker.tsx';
import { shownTensor, wholeNorm } from './tensors.ts';
import { numeral } from './weight-update.ts';

const GAP = 12;

export function EmaPicture({ anatomy, room }: PictureProps) {
  const tensor = shownTensor(
    anatomy,
    useAnatomy((state) => state.tensor),
  );
  const before = wholeNorm(anatomy.tensors.map(({ distance }) => distance));
  const after = wholeNorm(anatomy.tensors.map(({ distanceAfter }) => distanceAfter));
  const side = Math.min((room.width - 3 * GAP) / 4, room.height - 300);
  return (
    <div className={classes.stack} style={{ gap: 10 }}>
      <p className={classes.caption}>
        From teacher to student, over all weights: <strong>{numeral(before)}</strong> before,{' '}
        <strong data-testid="distance-after">{numeral(after)}</strong> after
        {before > 0 && <> (× {formatMomentum(after / before)})</>}
      </p>
      <Way width={Math.floor(room.width)} at={anatomy.at} still={before === 0} />
      {tensor && (
        <>
          <TensorPicker tensors={anatomy.tensors} tensor={tensor} cell={null} onChoose={ignore} />
          <Corners tensor={tensor} side={Math.max(90, side)} />
          <p className={classes.caption}>
            {cornerInWords(tensor)}; the two maps on the right have scales of their own, the last one{' '}
            {Math.round(1 / Math.max(1e-9, 1 - anatomy.at.momentum))} times finer
          </p>
        </>
      )}
    </div>
  );
}

const ignore = () => undefined;

/** The teacher on its way to the student, to scale. */
function Way({ width, at, still }: { width: number; at: Anatomy['at']; still: boolean }) {
  const left = 16;
  const right = width - 16;
  const reached = left + (right - left) * (1 - at.momentum);
  return (
    <svg
      width={width}
      height={96}
      role="img"
      aria-label={`The teacher goes ${((1 - at.momentum) * 100).toFixed(2)} % of the way to the student`}
    >
      <line x1={left} x2={right} y1={46} y2={46} stroke="var(--line)" strokeWidth={6} />
      {!still && <line x1={left} x2={reached} y1={46} y2={46} stroke={TEACHER} strokeWidth={6} />}
      <circle cx={left} cy={46} r={11} fill="var(--panel)" stroke={TEACHER} strokeWidth={3} />
      {!still && <circle cx={reached} cy={46} r={11} fill={TEACHER} />}
      <circle cx={right} cy={46} r={11} fill={STUDENT} />
      <text x={left - 10} y={22} fontSize={17} fill={TEACHER}>
        teacher goes {((1 - at.momentum) * 100).toFixed(2)} % of the way
      </text>
      <text x={right + 10} y={84} fontSize={17} textAnchor="end" fill={STUDENT}>
        student
      </text>
    </svg>
  );
}

function Corners({ tensor, side }: { tensor: Anatomy['tensors'][number]; side: number }) {
  const { student, studentAfter, teacher, teacherAfter, rows, columns } = tensor.piece;
  const moved = teacherAfter.map((value, i) => value - (teacher[i] ?? 0));
  const apart = studentAfter.map((value, i) => value - (teacher[i] ?? 0));
  const top = Math.max(...[...student, ...teacher].map(Math.abs));
  const maps = [
    { name: 'teacher', values: teacher, top },
    { name: 'student', values: studentAfter, top },
    { name: 'student − teacher', values: apart },
    { name: 'what the teacher takes in', values: moved },
  ];
  return (
    <div className={classes.line} style={{ gap: GAP, alignItems: 'start' }}>
      {maps.map(({ name, values, ...scale }) => (
        <figure key={name} className={classes.heat} style={{ width: side }}>
          <HeatMap
            values={values}
            rows={rows}
            columns={columns}
            side={side}
            {...scale}
            chosen={-1}
            onChoose={ignore}
            label={`${name}: ${cornerInWords(tensor)}`}
          />
          <figcaption>{name}</figcaption>
        </figure>
      ))}
    </div>
  );
}
