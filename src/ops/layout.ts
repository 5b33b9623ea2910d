/** Which rows of the one [tokens, dim] matrix belong to which view. */

/** Views of one resolution: `sequences` runs of `length` rows each, starting at row `offset`. */
export interface Segment {
  offset: number;
  sequences: number;
  /** Tokens of a sequence: CLS and the patches. */
  length: number;
  /** Patch grid. */
  rows: number;
  columns: number;
}

export interface TokenLayout {
  segments: readonly Segment[];
  tokens: number;
  /** Sequences of all segments: views × images. */
  sequences: number;
}

/** Packs groups of equally sized views; `sequences` counts views × images of a group. */
export function tokenLayout(
  groups: readonly { sequences: number; rows: number; columns: number }[],
): TokenLayout {
  let tokens = 0;
  let sequences = 0;
  const segments = groups
    .filter((group) => group.sequences > 0)
    .map((group) => {
      const length = 1 + group.rows * group.columns;
      const segment = { ...group, offset: tokens, length };
      tokens += group.sequences * length;
      sequences += group.sequences;
      return segment;
    });
  return { segments, tokens, sequences };
}
