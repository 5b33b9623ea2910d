/** Smooth convex minimisation: L-BFGS (Nocedal & Wright 2006, algorithms 7.4 and 7.5) to a gradient tolerance. */

/** The value at `x`; writes the gradient there. */
export type Objective = (x: Float64Array, gradient: Float64Array) => Promise<number>;

export interface Minimum {
  x: Float64Array;
  value: number;
  iterations: number;
  /** The largest |element| of the gradient at x. */
  gradient: number;
  /** Whether `gradient` came within the tolerance. */
  converged: boolean;
}

interface Point {
  x: Float64Array;
  value: number;
  gradient: Float64Array;
}

interface Correction {
  /** x step */
  s: Float64Array;
  /** gradient step */
  y: Float64Array;
  rho: number;
}

const MEMORY = 10;
/** Of the weak Wolfe conditions: enough decrease, enough flattening. */
const DECREASE = 1e-4;
const FLATTENING = 0.9;
/** Near the minimum values differ by rounding alone; within this share the slopes decide (Hager & Zhang 2005, 4.1). */
const ROUNDING = 1e-10;
/** Halvings and doublings of one line search; float64 has no more to give. */
const TRIES = 60;

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
};
const plus = (a: Float64Array, factor: number, b: Float64Array): Float64Array =>
  a.map((value, i) => value + factor * (b[i] ?? 0));
const largest = (a: Float64Array): number => a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** From `start`, until the largest |element| of the gradient is at most `tolerance`, or no step descends any more. `onIteration` hears how many are done. */
export async function minimise(
  objective: Objective,
  start: Float64Array,
  { tolerance, iterations }: { tolerance: number; iterations: number },
  onIteration: (done: number) => void = () => {},
): Promise<Minimum> {
  const at = async (x: Float64Array): Promise<Point> => {
    const gradient = new Float64Array(x.length);
    return { x, value: await objective(x, gradient), gradient };
  };
  let point = await at(start);
  const corrections: Correction[] = [];
  let done = 0;
  while (done < iterations && largest(point.gradient) > tolerance) {
    const direction = descent(point.gradient, corrections);
    // Nothing is known of the curvature at first: a step of length 1 at most.
    const first = corrections.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(dot(direction, direction)));
    const next = await lineSearch(at, point, direction, first);
    if (!next) break;
    const s = plus(next.x, -1, point.x);
    const y = plus(next.gradient, -1, point.gradient);
    const curvature = dot(s, y);
    if (curvature > 0) corrections.push({ s, y, rho: 1 / curvature });
    if (corrections.length > MEMORY) corrections.shift();
    point = next;
    onIteration(++done);
  }
  const gradient = largest(point.gradient);
  return {
    x: point.x,
    value: point.value,
    iterations: done,
    gradient,
    converged: gradient <= tolerance,
  };
}

/** −H·gradient, H the inverse curvature that the corrections tell of (the two-loop recursion). */
function descent(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  let q: Float64Array = gradient.map((value) => -value);
  const alphas: number[] = [];
  for (const { s, y, rho } of [...corrections].reverse()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    q = plus(q, -alpha, y);
  }
  const last = corrections.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    q = q.map((value) => value * scale);
  }
  for (const { s, y, rho } of corrections) q = plus(q, (alphas.pop() ?? 0) - rho * dot(y, q), s);
  return q;
}

/**
 * A point along the direction that meets the weak Wolfe conditions, by bisection and doubling (Lewis & Overton 2013,
 * algorithm 2.6); null where float64 has none.
 */
async function lineSearch(
  at: (x: Float64Array) => Promise<Point>,
  from: Point,
  direction: Float64Array,
  first: number,
): Promise<Point | null> {
  const slope = dot(from.gradient, direction);
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let step = first;
  for (let tried = 0; tried < TRIES; tried++) {
    const point = await at(plus(from.x, step, direction));
    const flatter = dot(point.gradient, direction);
    const lower = point.value <= from.value + DECREASE * step * slope;
    const level = point.value <= from.value + ROUNDING * Math.abs(from.value);
    if (!lower && !(level && flatter <= (2 * DECREASE - 1) * slope)) high = step;
    else if (flatter < FLATTENING * slope) low = step;
    else return point;
    step = Number.isFinite(high) ? (low + high) / 2 : 2 * step;
  }
  return null;
}
