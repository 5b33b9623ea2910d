/** Scores as probabilities, and how spread out these are. Plain numbers, for what is shown and checked on the host. */

/** ln softmax(scores / temperature): as many. */
export function logSoftmax(scores: ArrayLike<number>, temperature: number): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) top = Math.max(top, (scores[i] ?? 0) / temperature);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.exp((scores[i] ?? 0) / temperature - top);
  const all = Math.log(sum);
  return Float64Array.from(scores, (value) => value / temperature - top - all);
}

/** softmax(scores / temperature). */
export const softmax = (scores: ArrayLike<number>, temperature: number): Float64Array =>
  logSoftmax(scores, temperature).map(Math.exp);

/** −Σ p ln p, nats; from 0, one is certain, to ln n, all are alike. */
export function entropyOf(probabilities: ArrayLike<number>): number {
  let entropy = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i] ?? 0;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return entropy;
}

/** Places of the `count` largest values, the largest first. */
export function largest(values: ArrayLike<number>, count: number): number[] {
  const found: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (found.length === count && value <= (values[found[count - 1] ?? 0] ?? 0)) continue;
    const at = found.findIndex((other) => value > (values[other] ?? 0));
    found.splice(at === -1 ? found.length : at, 0, i);
    if (found.length > count) found.pop();
  }
  return found;
}
