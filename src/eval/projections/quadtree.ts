/** Points in the plane in a tree of squares, so that far ones are felt together (Barnes and Hut 1986). */

/** Points that so many halvings of the whole cannot tell apart count as one. */
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
  private readonly theta: number;
  private positions: Float64Array = new Float64Array();
  /** Points in the order of their squares: one after the other they walk nearly the same way through the tree. */
  readonly order: Int32Array;
  private readonly sorted: Int32Array;
  /** Of each square in the order of a walk: its points' mean x and y, their count, and (side / θ)². */
  private squares: Float64Array;
  /** The square after it and all that are in it. */
  private after: Int32Array;
  private used = 0;

  /**
   * For n points. A square counts as one point where its side is less than `theta` times its distance; at 0 every point
   * counts for itself.
   */
  constructor(n: number, theta: number) {
    this.n = n;
    this.theta = theta;
    this.order = new Int32Array(n);
    this.sorted = new Int32Array(n);
    this.squares = new Float64Array(4 * (3 * n + 8));
    this.after = new Int32Array(3 * n + 8);
  }

  /** Takes positions [n, 2], which must stay as they are while the tree is asked. */
  fill(positions: Float64Array): void {
    this.positions = positions;
    let left = Number.POSITIVE_INFINITY;
    let top = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    let bottom = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.n; i++) {
      this.order[i] = i;
      const x = positions[2 * i] ?? 0;
      const y = positions[2 * i + 1] ?? 0;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    this.used = 0;
    const side = Math.max(right - left, bottom - top);
    this.divide(0, this.n, (left + right) / 2, (top + bottom) / 2, side, 0);
  }

  /** What all others do to point i. */
  push(i: number, into: Push): void {
    const { squares, after, used, positions } = this;
    const x = positions[2 * i] ?? 0;
    const y = positions[2 * i + 1] ?? 0;
    let sum = 0;
    let pushX = 0;
    let pushY = 0;
    let node = 0;
    while (node < used) {
      const at = 4 * node;
      const dx = x - (squares[at] ?? 0);
      const dy = y - (squares[at + 1] ?? 0);
      const squared = dx * dx + dy * dy;
      if (squared < (squares[at + 3] ?? 0)) {
        node++;
        continue;
      }
      const q = 1 / (1 + squared);
      const weight = (squares[at + 2] ?? 0) * q;
      sum += weight;
      const push = weight * q;
      pushX += push * dx;
      pushY += push * dy;
      node = after[node] ?? used;
    }
    // Among the others the point found itself, at no distance.
    into.sum = sum - 1;
    into.x = pushX;
    into.y = pushY;
  }

  /** The square around the middle with the points order[from … to − 1], its parts, and theirs. */
  private divide(
    from: number,
    to: number,
    middleX: number,
    middleY: number,
    side: number,
    depth: number,
  ): void {
    const { positions, order } = this;
    const node = this.used++;
    if (node >= this.after.length) this.grow();
    const first = order[from] ?? 0;
    const firstX = positions[2 * first] ?? 0;
    const firstY = positions[2 * first + 1] ?? 0;
    let x = 0;
    let y = 0;
    let apart = false;
    for (let at = from; at < to; at++) {
      const i = order[at] ?? 0;
      const ownX = positions[2 * i] ?? 0;
      const ownY = positions[2 * i + 1] ?? 0;
      x += ownX;
      y += ownY;
      if (ownX !== firstX || ownY !== firstY) apart = true;
    }
    const count = to - from;
    const parted = apart && depth < DEEPEST;
    const place = 4 * node;
    // The mean of equal numbers is that number, which their sum does not always give.
    this.squares[place] = apart ? x / count : firstX;
    this.squares[place + 1] = apart ? y / count : firstY;
    this.squares[place + 2] = count;
    this.squares[place + 3] = parted ? (side / this.theta) ** 2 : 0;
    if (parted) this.divideParts(from, to, middleX, middleY, side / 2, depth + 1);
    this.after[node] = this.used;
  }

  /** Sorts the points by part, and divides each part that has some. */
  private divideParts(from: number, to: number, x: number, y: number, half: number, depth: number): void {
    const { positions, order, sorted } = this;
    let begin = from;
    for (let part = 0; part < 4; part++) {
      let end = begin;
      let rest = begin;
      for (let at = begin; at < to; at++) {
        const i = order[at] ?? 0;
        const own = ((positions[2 * i] ?? 0) >= x ? 1 : 0) + ((positions[2 * i + 1] ?? 0) >= y ? 2 : 0);
        if (own === part) order[end++] = i;
        else sorted[rest++ - begin] = i;
      }
      for (let at = end; at < to; at++) order[at] = sorted[at - end] ?? 0;
      if (end > begin)
        this.divide(
          begin,
          end,
          x + (part & 1 ? half : -half) / 2,
          y + (part & 2 ? half : -half) / 2,
          half,
          depth,
        );
      begin = end;
    }
  }

  private grow(): void {
    const squares = new Float64Array(2 * this.squares.length);
    squares.set(this.squares);
    this.squares = squares;
    const after = new Int32Array(2 * this.after.length);
    after.set(this.after);
    this.after = after;
  }
}
