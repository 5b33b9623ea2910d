/** What the loss says in a sentence. It is the teacher's entropy plus KL(teacher‖student), so both are looked at. */

export interface LossReading {
  text: string;
  tone: 'plain' | 'alarm';
}

export interface LossState {
  /** Steps done. */
  steps: number;
  /** Smoothed loss and teacher entropy, nats. */
  loss: number;
  entropy: number;
  /** Natural logarithm of the number of prototypes, nats. */
  lnK: number;
}

/** Steps after which a loss at ln K is no longer just the start. */
const START = 50;

/** Thresholds are shares of ln K: within 1 % of it is "at ln K", below 1 % is "near 0". */
export function readLoss({ steps, loss, entropy, lnK }: LossState): LossReading {
  if (!Number.isFinite(loss))
    return { text: 'The loss is not a number: the run cannot go on.', tone: 'alarm' };
  const atTop = Math.abs(loss - lnK) < 0.01 * lnK;
  const uniform = entropy > 0.98 * lnK;
  if (loss < 0.01 * lnK)
    return {
      text: 'The loss nears 0: teacher and student put everything on one prototype. That is collapse, not success; look at the feature spread.',
      tone: 'alarm',
    };
  if (atTop && steps < START)
    return {
      text: 'At ln K, where every run starts: the student still spreads its guess evenly over the prototypes.',
      tone: 'plain',
    };
  if (atTop && uniform)
    return {
      text: 'The loss sits at ln K and the teacher says the same for every image: uniform collapse. A lower teacher temperature or learning rate, or BatchNorm in the head, may help.',
      tone: 'alarm',
    };
  if (atTop)
    return {
      text: 'The loss sits at ln K: the teacher is sharp, the student does not follow yet. If it stays, the learning rate is off.',
      tone: 'plain',
    };
  if (loss > 1.01 * lnK)
    return {
      text: 'Above ln K: the student is sure and the teacher disagrees, worse than an even guess. A lower learning rate may help.',
      tone: 'plain',
    };
  return {
    text: 'Between collapse at ln K and collapse at 0. A lower loss need not be a better network: judge by k-NN.',
    tone: 'plain',
  };
}
