/** The loss taken apart on the host: each pair's cross-entropy, the teacher's entropy, the batch's mean score. Pure. */
import { entropyOf, logSoftmax } from '../../core/distribution.ts';
import { type Between, paced } from '../../eval/pace.ts';

/** Answers of both networks to a batch, view by view: each row K numbers. */
export interface HostAnswers {
  /** [2·batch, K] */
  teacherLogits: Float32Array;
  /** Of the teacher, [2·batch, K]. */
  targets: Float32Array;
  /** Of the loss, [2·batch, K]. */
  wanted: Float32Array;
  /** [views·batch, K] */
  studentLogits: Float32Array;
}

export interface BatchShape {
  batch: number;
  views: number;
  prototypes: number;
}

const TEACHER_VIEWS = 2;

/**
 * −Σ wanted · ln softmax(student/τ) of every pair of an image: [batch][2·views], teacher view by teacher view; null for
 * a pair of the same view. Caron et al. 2021, eq. 2.
 */
export async function pairLosses(
  { wanted, studentLogits }: Pick<HostAnswers, 'wanted' | 'studentLogits'>,
  { batch, views, prototypes }: BatchShape,
  studentTemp: number,
  between: Between,
): Promise<(number | null)[][]> {
  const rest = paced(between);
  const rowOf = (all: Float32Array, row: number) => all.subarray(row * prototypes, (row + 1) * prototypes);
  const pairs = Array.from({ length: batch }, () =>
    new Array<number | null>(TEACHER_VIEWS * views).fill(null),
  );
  for (let view = 0; view < views; view++)
    for (let image = 0; image < batch; image++) {
      const logs = logSoftmax(rowOf(studentLogits, view * batch + image), studentTemp);
      for (let teacher = 0; teacher < TEACHER_VIEWS; teacher++) {
        if (teacher === view) continue;
        const asked = rowOf(wanted, teacher * batch + image);
        let sum = 0;
        for (let k = 0; k < prototypes; k++) sum -= (asked[k] ?? 0) * (logs[k] ?? 0);
        const own = pairs[image];
        if (own) own[teacher * views + view] = sum;
      }
      await rest();
    }
  return pairs;
}

/** Mean of each pair over the images. */
export function meanPairs(pairs: readonly (number | null)[][]): (number | null)[] {
  const [first = []] = pairs;
  return first.map((value, i) =>
    value === null ? null : pairs.reduce((sum, own) => sum + (own[i] ?? 0), 0) / pairs.length,
  );
}

export function meanOf(values: readonly (number | null)[]): number {
  const numbers = values.filter((value) => value !== null);
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

/** Mean entropy of the rows, nats. */
export function meanEntropy(targets: Float32Array, prototypes: number): number {
  let sum = 0;
  for (let at = 0; at < targets.length; at += prototypes)
    sum += entropyOf(targets.subarray(at, at + prototypes));
  return (sum * prototypes) / targets.length;
}

/** Mean over the rows, each first brought to length 1 if `unit`: [K]. */
export function meanRow(rows: Float32Array, width: number, unit: boolean): Float32Array<ArrayBuffer> {
  const mean = new Float64Array(width);
  const count = rows.length / width;
  for (let at = 0; at < rows.length; at += width) {
    let square = 0;
    for (let k = 0; k < width; k++) square += (rows[at + k] ?? 0) ** 2;
    const scale = (unit ? 1 / Math.max(Math.sqrt(square), 1e-12) : 1) / count;
    for (let k = 0; k < width; k++) mean[k] = (mean[k] ?? 0) + (rows[at + k] ?? 0) * scale;
  }
  return Float32Array.from(mean);
}
