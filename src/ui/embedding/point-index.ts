/** Points of a map by place: the nearest one, the next in a direction, and all within a line that was drawn. */
import type { Point } from './camera.ts';

/** Squares along each side. */
const SQUARES = 64;

export type Direction = 'left' | 'right' | 'up' | 'down';

/** Of positions [n, 2] from −1 to 1. Points that do not count have `shown` false. */
export class PointIndex {
  private readonly positions: Float32Array;
  private readonly starts: Int32Array;
  private readonly points: Int32Array;

  constructor(positions: Float32Array, shown: (i: number) => boolean) {
    this.positions = positions;
    const n = positions.length / 2;
    this.starts = new Int32Array(SQUARES * SQUARES + 1);
    const squares = new Int32Array(n).fill(-1);
    for (let i = 0; i < n; i++) {
      if (!shown(i)) continue;
      const square = squareAt(positions[2 * i] ?? 0, positions[2 * i + 1] ?? 0);
      squares[i] = square;
      this.starts[square + 1] = (this.starts[square + 1] ?? 0) + 1;
    }
    for (let s = 0; s < SQUARES * SQUARES; s++)
      this.starts[s + 1] = (this.starts[s + 1] ?? 0) + (this.starts[s] ?? 0);
    const next = this.starts.slice();
    this.points = new Int32Array(this.starts[SQUARES * SQUARES] ?? 0);
    for (let i = 0; i < n; i++) {
      const square = squares[i] ?? -1;
      if (square < 0) continue;
      const at = next[square] ?? 0;
      this.points[at] = i;
      next[square] = at + 1;
    }
  }

  /** The nearest point within `radius`; null where there is none. */
  nearest({ x, y }: Point, radius: number): number | null {
    let best: number | null = null;
    let least = radius * radius;
    const [left, right] = [columnOf(x - radius), columnOf(x + radius)];
    const [top, bottom] = [columnOf(y - radius), columnOf(y + radius)];
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const square = row * SQUARES + column;
        for (let at = this.starts[square] ?? 0; at < (this.starts[square + 1] ?? 0); at++) {
          const i = this.points[at] ?? 0;
          const far = this.squared(i, x, y);
          if (far > least || (far === least && best !== null)) continue;
          best = i;
          least = far;
        }
      }
    return best;
  }

  /** The `count` points nearest to point i, itself first. */
  around(i: number, count: number): number[] {
    const [x, y] = [this.positions[2 * i] ?? 0, this.positions[2 * i + 1] ?? 0];
    return [...this.points]
      .map((point) => ({ point, far: point === i ? -1 : this.squared(point, x, y) }))
      .sort((a, b) => a.far - b.far)
      .slice(0, count)
      .map(({ point }) => point);
  }

  /** The next point that way: near, and not far to the side. */
  beside(i: number, direction: Direction): number | null {
    const [x, y] = [this.positions[2 * i] ?? 0, this.positions[2 * i + 1] ?? 0];
    let best: number | null = null;
    let least = Number.POSITIVE_INFINITY;
    for (const point of this.points) {
      const dx = (this.positions[2 * point] ?? 0) - x;
      const dy = (this.positions[2 * point + 1] ?? 0) - y;
      const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction];
      const aside = direction === 'left' || direction === 'right' ? Math.abs(dy) : Math.abs(dx);
      if (!(ahead > 0) || aside > ahead) continue;
      const cost = ahead + 2 * aside;
      if (cost >= least) continue;
      best = point;
      least = cost;
    }
    return best;
  }

  /** The points inside a closed line. */
  within(line: readonly Point[]): number[] {
    return [...this.points].filter((i) =>
      inside(line, { x: this.positions[2 * i] ?? 0, y: this.positions[2 * i + 1] ?? 0 }),
    );
  }

  get first(): number | null {
    return this.points[0] ?? null;
  }

  private squared(i: number, x: number, y: number): number {
    return ((this.positions[2 * i] ?? 0) - x) ** 2 + ((this.positions[2 * i + 1] ?? 0) - y) ** 2;
  }
}

/** Whether a ray to the right crosses the line an odd number of times. */
function inside(line: readonly Point[], { x, y }: Point): boolean {
  let within = false;
  let before = line.at(-1);
  for (const corner of line) {
    if (before && corner.y > y !== before.y > y) {
      const cut = corner.x + ((y - corner.y) / (before.y - corner.y)) * (before.x - corner.x);
      if (x < cut) within = !within;
    }
    before = corner;
  }
  return within;
}

const columnOf = (value: number): number =>
  Math.min(SQUARES - 1, Math.max(0, Math.floor(((value + 1) / 2) * SQUARES)));

const squareAt = (x: number, y: number): number => columnOf(y) * SQUARES + columnOf(x);
