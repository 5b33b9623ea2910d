/** How like the images of one set are to those of another, in the turns of a study. */
import { unitLength } from '../../eval/features.ts';
import { euclideanLikeness, type Likeness, productLikeness, type Sharing } from '../../eval/likeness.ts';
import type { Features, Workbench } from './workbench.ts';

/** Rows scaled to unit length: [n, width]. */
export function unitRows({ rows, width }: Features): Features {
  return { rows: unitLength(rows, width), width };
}

/** Cosine of rows of unit length, under the name of what is compared. */
export function cosine(bench: Workbench, test: Features, train: Features, what: string): Likeness {
  return productLikeness(test.rows, train.rows, train.width, sharing(bench, what));
}

/** Nearness by Euclidean distance. */
export function euclidean(bench: Workbench, test: Features, train: Features, what: string): Likeness {
  return euclideanLikeness(test.rows, train.rows, train.width, sharing(bench, what));
}

const sharing = (bench: Workbench, what: string): Sharing => ({
  turn: (work) => bench.piece(work),
  onBlock: (share) => bench.say(what, share),
});
