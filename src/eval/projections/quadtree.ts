/** Points in the plane in a tree of squares, so that far ones are felt together (Barnes and Hut 1986). */

/** Squares within squares; points that are closer than this lets them be told apart count as one. */
const DEEPEST = 48;

/** What the other points do to one: Σ q_ij, and Σ q_ij²·(y_i − y_j), with q = 1 / (1 + distance²). */
export interface Push {
  sum: number;
  x: number;
  y: number;
}

/** It can be filled again and again without new memory. */
export class QuadTree {
  private readonly n: number;
  private used = 0;
  private positions: Float64Array = new Float64Array();
  private side: Float64Array;
  private middleX: Float64Array;
  private middleY: Float64Array;
  /** Of the points inside: how many, and where they are on average. */
  private mass: Float64Array;
  private meanX: Float64Array;
  private meanY: Float64Array;
  /** The first of a square's four parts; 0 where it has none. */
  private parts: Int32Array;
  /** The point of a square without parts; −1 for an empty one. */
  private point: Int32Array;
  private readonly stack = new Int32Array(4 * DEEPEST + 8);

  /** @param n points */
  constructor(n: number) {
    this.n = n;
    const size = 8 * n + 5;
    this.side = new Float64Array(size);
    this.middleX = new Float64Array(size);
    this.middleY = new Float64Array(size);
    this.mass = new Float64Array(size);
    this.meanX = new Float64Array(size);
    this.meanY = new Float64Array(size);
    this.parts = new Int32Array(size);
    this.point = new Int32Array(size);
  }

  /** Takes positions [n, 2], which must stay as they are while the tree is asked. */
  fill(positions: Float64Array): void {
    this.positions = positions;
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < this.n; i++) {
      const x = positions[2 * i] ?? 0;
      const y = positions[2 * i + 1] ?? 0;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    this.used = 0;
    const side = Math.max(right - left, bottom - top) * (1 + 1e-9) + Number.MIN_VALUE;
    this.add((left + right) / 2, (top + bottom) / 2, side);
    for (let i = 0; i < this.n; i++) this.insert(i);
    for (let node = 0; node < this.used; node++) {
      const mass = this.mass[node] ?? 0;
      const point = this.point[node] ?? -1;
      if ((this.parts[node] ?? 0) === 0 && point >= 0) {
        this.meanX[node] = positions[2 * point] ?? 0;
        this.meanY[node] = positions[2 * point + 1] ?? 0;
      } else if (mass > 0) {
        this.meanX[node] = (this.meanX[node] ?? 0) / mass;
        this.meanY[node] = (this.meanY[node] ?? 0) / mass;
      }
    }
  }

  /**
   * What all others do to point i. A square counts as one point where its side is less than `theta` times its distance;
   * at 0 every point counts for itself.
   */
  push(i: number, theta: number, into: Push): void {
    const { positions, stack, side, mass, meanX, meanY, parts } = this;
    const x = positions[2 * i] ?? 0;
    const y = positions[2 * i + 1] ?? 0;
    const limit = theta * theta;
    let [sum, pushX, pushY] = [0, 0, 0];
    let top = 0;
    stack[top++] = 0;
    while (top > 0) {
      const node = stack[--top] ?? 0;
      const weight = mass[node] ?? 0;
      if (weight === 0) continue;
      const dx = x - (meanX[node] ?? 0);
      const dy = y - (meanY[node] ?? 0);
      const squared = dx * dx + dy * dy;
      const first = parts[node] ?? 0;
      const width = side[node] ?? 0;
      if (first === 0 || width * width < limit * squared) {
        // A point does not push itself, nor do others at the very same place move it.
        const others = first === 0 && squared === 0 ? weight - 1 : weight;
        const q = 1 / (1 + squared);
        const pull = others * q;
        sum += pull;
        pushX += pull * q * dx;
        pushY += pull * q * dy;
      } else {
        stack[top++] = first;
        stack[top++] = first + 1;
        stack[top++] = first + 2;
        stack[top++] = first + 3;
      }
    }
    into.sum = sum;
    into.x = pushX;
    into.y = pushY;
  }

  private add(x: number, y: number, side: number): void {
    const node = this.used++;
    if (node >= this.side.length) this.grow();
    this.middleX[node] = x;
    this.middleY[node] = y;
    this.side[node] = side;
    this.mass[node] = 0;
    this.meanX[node] = 0;
    this.meanY[node] = 0;
    this.parts[node] = 0;
    this.point[node] = -1;
  }

  private grow(): void {
    const floats = (before: Float64Array) => {
      const after = new Float64Array(2 * before.length);
      after.set(before);
      return after;
    };
    const integers = (before: Int32Array) => {
      const after = new Int32Array(2 * before.length);
      after.set(before);
      return after;
    };
    this.side = floats(this.side);
    this.middleX = floats(this.middleX);
    this.middleY = floats(this.middleY);
    this.mass = floats(this.mass);
    this.meanX = floats(this.meanX);
    this.meanY = floats(this.meanY);
    this.parts = integers(this.parts);
    this.point = integers(this.point);
  }

  private insert(i: number): void {
    const x = this.positions[2 * i] ?? 0;
    const y = this.positions[2 * i + 1] ?? 0;
    let node = 0;
    for (let depth = 0; ; depth++) {
      this.mass[node] = (this.mass[node] ?? 0) + 1;
      this.meanX[node] = (this.meanX[node] ?? 0) + x;
      this.meanY[node] = (this.meanY[node] ?? 0) + y;
      if ((this.parts[node] ?? 0) === 0) {
        const held = this.point[node] ?? -1;
        if (held < 0) {
          this.point[node] = i;
          return;
        }
        const same = this.positions[2 * held] === x && this.positions[2 * held + 1] === y;
        if (same || depth >= DEEPEST) return;
        this.divide(node, held);
      }
      node = this.partOf(node, x, y);
    }
  }

  /** Gives a square its four parts and hands what it held to one of them. */
  private divide(node: number, held: number): void {
    const half = (this.side[node] ?? 0) / 2;
    const x = this.middleX[node] ?? 0;
    const y = this.middleY[node] ?? 0;
    this.parts[node] = this.used;
    for (let part = 0; part < 4; part++)
      this.add(x + (part & 1 ? half : -half) / 2, y + (part & 2 ? half : -half) / 2, half);
    this.point[node] = -1;
    const heldX = this.positions[2 * held] ?? 0;
    const heldY = this.positions[2 * held + 1] ?? 0;
    const place = this.partOf(node, heldX, heldY);
    // All points at the very same place went with the first one; the newest is not handed on.
    const mass = (this.mass[node] ?? 0) - 1;
    this.point[place] = held;
    this.mass[place] = mass;
    this.meanX[place] = mass * heldX;
    this.meanY[place] = mass * heldY;
  }

  private partOf(node: number, x: number, y: number): number {
    const right = x >= (this.middleX[node] ?? 0) ? 1 : 0;
    const below = y >= (this.middleY[node] ?? 0) ? 2 : 0;
    return (this.parts[node] ?? 0) + right + below;
  }
}
