/** What both networks said of one image, row by row, as the pictures need it. Pure. */
import { entropyOf, logSoftmax } from '../../core/distribution.ts';
import type { Anatomy } from '../../protocol/anatomy.ts';

/** "G1", "L3": views numbered within their kind. */
export function viewTag(views: Anatomy['specimen']['views'], index: number): string {
  const kind = views[index]?.kind ?? 'global';
  const number = views.slice(0, index + 1).filter((view) => view.kind === kind).length;
  return `${kind === 'global' ? 'G' : 'L'}${number}`;
}

const rowOf = (rows: Float32Array, row: number, width: number) =>
  rows.subarray(row * width, (row + 1) * width);

/** What the teacher made of global view 0 or 1. */
export function teacherRow({ specimen, prototypes, center, at }: Anatomy, view: number) {
  const raw = rowOf(specimen.teacherLogits, view, prototypes);
  const scores = at.teacherLogitsL2 ? unit(raw) : raw;
  const centered = at.centering ? scores.map((z, k) => z - (center.before[k] ?? 0)) : scores;
  const flat = logSoftmax(centered, 1).map(Math.exp);
  const answer = rowOf(specimen.targets, view, prototypes);
  return { scores, centered, flat, answer, flatEntropy: entropyOf(flat), entropy: entropyOf(answer) };
}

function unit(row: Float32Array): Float32Array {
  const norm = Math.max(Math.sqrt(row.reduce((sum, value) => sum + value * value, 0)), 1e-12);
  return row.map((value) => value / norm);
}

/** What the student made of a view. */
export function studentRow({ specimen, prototypes, at }: Anatomy, view: number) {
  const scores = rowOf(specimen.studentLogits, view, prototypes);
  const answer = logSoftmax(scores, at.studentTemp).map(Math.exp);
  return { scores, answer, entropy: entropyOf(answer) };
}

export function meanOf(values: readonly (number | null)[]): number {
  const numbers = values.filter((value) => value !== null);
  return numbers.reduce((sum, value) => sum + value, 0) / Math.max(1, numbers.length);
}
