/** Class numbers of images, and what is done about one that is none. */

/** One class number per row, 0 … classes − 1. */
export type Labels = ArrayLike<number>;

export class BadLabel extends Error {
  readonly value: number | undefined;

  constructor(value: number | undefined, row: number, classes: number) {
    super(
      `Row ${row} has the label ${value}, not one of 0 … ${classes - 1}: leave images without a label out before this.`,
    );
    this.name = 'BadLabel';
    this.value = value;
  }
}

/** The label of a row; throws BadLabel unless it is an integer from 0 to classes − 1. */
export function labelAt(labels: Labels, row: number, classes: number): number {
  const label = labels[row];
  if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes)
    throw new BadLabel(label, row, classes);
  return label;
}
