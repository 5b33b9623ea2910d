/** What the loss says in a sentence. It is the teacher's entropy plus KL(teacher‖student), so both are looked at. */

export interface LossReading {
  text: string;
  tone: 'plain' | 'alarm';
}

export interface LossState {
  /** Steps done. */
  steps: number;
  /** Loss of the first step, nats. */
  first: number;
  /** Smoothed loss and teacher entropy, nats. */
  loss: number;
  entropy: number;
  /** Natural logarithm of the number of prototypes, nats. */
  lnK: number;
}

/** Steps after which a loss at ln K is no longer just the start. */
const START = 50;

/** Thresholds are shares of ln K: within 1 % of it is "at ln K", below 1 % is "near 0". */
export function readLoss({ steps, first, loss, entropy, lnK }: LossState): LossReading {
  if (!Number.isFinite(loss))
    return { text: 'The loss is not a number: the run cannot go on.', tone: 'alarm' };
  const atTop = Math.abs(loss - lnK) < 0.01 * lnK;
  const uniform = entropy > 0.98 * lnK;
  if (loss < 0.01 * lnK)
    return {
      text: 'The loss nears 0: both always name one prototype. That is collapse, not success; see the feature spread.',
      tone: 'alarm',
    };
  // A loss that rose to ln K has not just started there.
  if (atTop && steps < START && Math.abs(first - lnK) < 0.05 * lnK)
    return {
      text: 'At ln K, where this run started: the student still spreads its guess evenly over the prototypes.',
      tone: 'plain',
    };
  if (atTop && uniform)
    return {
      text: 'At ln K with a teacher that answers flatly: uniform collapse. Try a lower teacher temperature or learning rate, or BatchNorm in the head.',
      tone: 'alarm',
    };
  if (atTop)
    return {
      text: 'At ln K: the teacher is sharp, the student does not follow yet. If this lasts, look at the learning rate.',
      tone: 'plain',
    };
  if (loss > 1.01 * lnK)
    return {
      text: 'Above ln K, worse than an even guess: the student is sure and the teacher disagrees. A lower learning rate may help.',
      tone: 'plain',
    };
  return {
    text: 'Between collapse at ln K and collapse at 0. A lower loss need not be a better network: judge by k-NN.',
    tone: 'plain',
  };
}
