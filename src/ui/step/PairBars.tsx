/** The teacher's answer to one view above the student's to another, on one line of prototypes. */
import { Bars, rangeOf } from './Bars.tsx';
import classes from './picture.module.css';
import { STUDENT, TEACHER } from './pictures.ts';

interface Props {
  teacher: ArrayLike<number>;
  student: ArrayLike<number>;
  /** CSS pixels for both. */
  width: number;
  height: number;
  /** What the teacher and the student looked at: "G1", "L2". */
  tags: readonly [string, string];
}

export function PairBars({ teacher, student, width, height, tags }: Props) {
  const half = Math.floor(height / 2);
  const [seen, other] = tags;
  return (
    <div className={classes.pairBars}>
      <Bars
        values={teacher}
        width={width}
        height={half}
        {...rangeOf(teacher)}
        color={TEACHER}
        label={`The teacher’s answer to ${seen}`}
      />
      <Bars
        values={student}
        width={width}
        height={half}
        {...rangeOf(student)}
        color={STUDENT}
        label={`The student’s answer to ${other}`}
        hanging
      />
      <span style={{ top: 2, color: TEACHER }}>teacher, {seen}</span>
      <span style={{ bottom: 2, color: STUDENT }}>student, {other}</span>
    </div>
  );
}
