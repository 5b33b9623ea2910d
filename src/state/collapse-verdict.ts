/** Says whether a run has collapsed, and how, from figures of its steps and of its images. Pure. Thresholds: docs/decisions/collapse-verdict.md. */

export type Verdict = 'healthy' | 'uniform' | 'one-dimensional' | 'diverged' | 'early';

/** What the verdict is made of; figures of steps are means over the last SPAN of them. */
export interface Signs {
  /** Steps done. */
  steps: number;
  /** ln K, nats. */
  lnK: number;
  /** Width of a feature. */
  width: number;
  /** nats */
  loss: number;
  teacherEntropy: number;
  kl: number;
  /** As health.ts measures it; 1/√width where features fill the sphere. */
  featureSpread: number;
  /** A step's loss or gradient was not finite. */
  notFinite: boolean;
  /** Of a diagnosis of this run within the last EARLY steps, where there is one. */
  usage: { perplexity: number; untrainedPerplexity: number; rank: number; untrainedRank: number } | null;
}

/** Steps whose figures are averaged. */
export const SPAN = 20;
/** Steps before which a run says nothing about where it goes. */
export const EARLY = 50;

/** Shares of ln K, of 1/√width, of the untrained network's figures; prototypes. */
export const LIMIT = {
  flatEntropy: 0.98,
  noEntropy: 0.02,
  noKl: 0.01,
  divergedLoss: 1.5,
  noSpread: 0.1,
  halfFlat: 0.5,
  onePrototype: 1.5,
  fewPrototypes: 5,
  lostPrototypes: 0.1,
  lostRank: 0.25,
} as const;

export interface Finding {
  verdict: Verdict;
  /** What it is, then the reason. */
  reason: string;
  /** What to do. */
  remedy: string;
}

export function verdictOf(signs: Signs): Finding {
  const { steps, lnK, loss, teacherEntropy, kl, featureSpread, width, usage } = signs;
  if (signs.notFinite || !Number.isFinite(loss)) return FINDINGS.notFinite;
  if (steps < EARLY) return FINDINGS.early;
  if (teacherEntropy > LIMIT.flatEntropy * lnK)
    return kl < LIMIT.noKl * lnK ? FINDINGS.uniform : FINDINGS.flattening;
  const alike = featureSpread < LIMIT.noSpread / Math.sqrt(width);
  const one = usage !== null && usage.perplexity < LIMIT.onePrototype;
  const certain = teacherEntropy < LIMIT.noEntropy * lnK && kl < LIMIT.noKl * lnK;
  // A teacher that is certain of a different prototype for each kind of image has no entropy either.
  if (one && teacherEntropy > LIMIT.halfFlat * lnK) return FINDINGS.same;
  if (one || (certain && (usage === null || few(usage)))) return FINDINGS.one;
  if (alike) return FINDINGS.alike;
  if (loss > LIMIT.divergedLoss * lnK) return FINDINGS.diverged;
  if (usage !== null && few(usage)) return FINDINGS.few;
  if (usage !== null && usage.rank < LIMIT.lostRank * usage.untrainedRank) return FINDINGS.narrow;
  return FINDINGS.healthy;
}

const few = ({ perplexity, untrainedPerplexity }: NonNullable<Signs['usage']>): boolean =>
  perplexity < LIMIT.fewPrototypes && perplexity < LIMIT.lostPrototypes * untrainedPerplexity;

const FINDINGS = {
  early: {
    verdict: 'early',
    reason: `Fewer than ${EARLY} steps are done, and every run begins near ln K with a teacher that knows nothing.`,
    remedy: 'Train on and look again.',
  },
  healthy: {
    verdict: 'healthy',
    reason:
      'The teacher’s answers are neither flat nor all the same, the student still has something to learn from them, and images differ in their features.',
    remedy: 'That is no proof of good features: judge these by k-NN and the Evaluate tab.',
  },
  uniform: {
    verdict: 'uniform',
    reason:
      'The teacher gives every prototype the same share for every image and the student agrees, so nothing is left to learn: centering spreads the answers and sharpening does not hold against it.',
    remedy:
      'Lower the teacher’s temperature or the learning rate, take fewer prototypes or BatchNorm in the head, and fork from a snapshot before it.',
  },
  flattening: {
    verdict: 'uniform',
    reason:
      'The teacher’s answers are all but flat, though the student does not match them yet: centering spreads them and sharpening does not hold against it.',
    remedy:
      'Lower the teacher’s temperature or the learning rate; a run rarely comes back from here by itself.',
  },
  same: {
    verdict: 'uniform',
    reason:
      'The teacher gives practically the same answer to every image, one prototype a little ahead of the others everywhere, and such an answer goes flat.',
    remedy:
      'Lower the learning rate or the teacher’s temperature, or take BatchNorm in the head, and fork from a snapshot before it.',
  },
  one: {
    verdict: 'one-dimensional',
    reason:
      'One prototype wins for practically every image: sharpening makes the teacher ever surer of it, and nothing takes away what it says of all images alike.',
    remedy: 'Switch centering on, or give it a smaller momentum, and fork from a snapshot before it.',
  },
  alike: {
    verdict: 'one-dimensional',
    reason:
      'The features of all images point in practically one direction, so whatever the head answers hardly depends on the image.',
    remedy: 'Lower the learning rate or see that centering is on, and fork from a snapshot before it.',
  },
  few: {
    verdict: 'one-dimensional',
    reason:
      'Practically all images go to a handful of prototypes, a small part of what the untrained network names: unless they are of as few kinds, the run is on its way to one answer for all of them.',
    remedy: 'See that centering is on and the teacher slow: a momentum near 0 lets the two chase each other.',
  },
  narrow: {
    verdict: 'one-dimensional',
    reason:
      'The features fill far fewer directions than those of the untrained network: the run has thrown away what told images apart, if not all of it.',
    remedy:
      'Compare k-NN with the untrained network: where it is lower too, lower the learning rate or raise the teacher’s momentum.',
  },
  diverged: {
    verdict: 'diverged',
    reason:
      'The loss is far above ln K, worse than an even guess: the student is sure of the wrong prototypes, as its steps are too large or its teacher changes too fast.',
    remedy: 'Lower the learning rate, keep gradient clipping on, or raise the teacher’s momentum.',
  },
  notFinite: {
    verdict: 'diverged',
    reason:
      'A loss or a gradient was not a finite number: the steps have become so large that arithmetic gave up.',
    remedy: 'Lower the learning rate or lengthen its warm-up, keep gradient clipping on, and begin anew.',
  },
} as const satisfies Record<string, Finding>;

/** Mean of the last SPAN values. */
export function recent(values: ArrayLike<number>): number {
  const from = Math.max(0, values.length - SPAN);
  let sum = 0;
  for (let i = from; i < values.length; i++) sum += values[i] ?? 0;
  return sum / (values.length - from);
}
