/** Points on their way from one layout to the next. */

interface Bound {
  low: number;
  high: number;
}

/**
 * Positions [n, 2] moved to the middle and scaled so that all lie between −1 and 1 from top to bottom, and between −aspect
 * and aspect from left to right.
 */
export function fitted(positions: Float32Array, aspect = 1): Float32Array {
  const bounds: [Bound, Bound] = [
    { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY },
    { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY },
  ];
  for (let i = 0; i < positions.length; i++) {
    const bound = bounds[i % 2 === 0 ? 0 : 1];
    const value = positions[i] ?? 0;
    if (value < bound.low) bound.low = value;
    if (value > bound.high) bound.high = value;
  }
  const [x, y] = bounds;
  const reach = Math.max((x.high - x.low) / aspect, y.high - y.low) / 2;
  const scale = reach > 0 ? 1 / reach : 0;
  const [middleX, middleY] = [(x.low + x.high) / 2, (y.low + y.high) / 2];
  return positions.map((value, i) => (value - (i % 2 === 0 ? middleX : middleY)) * scale);
}

export class Motion {
  /** Where the points are now, [n, 2]. */
  positions = new Float32Array();
  private from = new Float32Array();
  private to = new Float32Array();
  private begun = 0;
  private lasts = 0;

  /** Sends every point to its new place within `milliseconds`; at once where there are more or fewer points than before. */
  go(to: Float32Array, milliseconds: number, now: number): void {
    const apart = to.length !== this.positions.length;
    this.from = Float32Array.from(apart ? to : this.positions);
    this.to = Float32Array.from(to);
    this.positions = Float32Array.from(this.from);
    this.begun = now;
    this.lasts = apart ? 0 : milliseconds;
    if (this.lasts === 0) this.positions.set(this.to);
  }

  /** Moves the points to where they are at `now`. False once all have arrived. */
  at(now: number): boolean {
    if (this.lasts === 0) return false;
    const share = Math.min(1, Math.max(0, (now - this.begun) / this.lasts));
    const eased = share * share * (3 - 2 * share);
    for (let i = 0; i < this.to.length; i++) {
      const from = this.from[i] ?? 0;
      this.positions[i] = from + eased * ((this.to[i] ?? 0) - from);
    }
    if (share === 1) this.lasts = 0;
    return this.lasts > 0;
  }

  /** Where the points will be. */
  get destination(): Float32Array {
    return this.to;
  }
}
