/** The nearest neighbors of every row among all others, exactly. */

export interface Neighbors {
  /** Neighbors of a row. */
  k: number;
  /** Nearest first, without the row itself. [n, k] */
  indices: Int32Array;
  /** Euclidean. [n, k] */
  distances: Float32Array;
}

/**
 * The k nearest rows of each of rows [n, width] by Euclidean distance; k is cut to n − 1. Every pair is compared once:
 * n²·width / 2 multiplications, which up to 10,000 rows of 50 numbers is a matter of seconds. `progress` is told the
 * share done. Throws RangeError where there is no other row.
 */
export function nearestNeighbors(
  rows: Float32Array,
  width: number,
  k: number,
  progress: (share: number) => void = () => {},
): Neighbors {
  const n = rows.length / width;
  if (!(n >= 2)) throw new RangeError(`${n} images have no neighbors: at least two are needed`);
  const most = Math.min(k, n - 1);
  const nearest = new Nearest(n, most);
  for (let i = 0; i < n; i++) {
    const from = i * width;
    for (let j = i + 1; j < n; j++) {
      const squared = squaredDistance(rows, from, j * width, width);
      nearest.offer(i, squared, j);
      nearest.offer(j, squared, i);
    }
    if (i % 64 === 0) progress(1 - ((n - i) / n) ** 2);
  }
  return { k: most, ...nearest.sorted() };
}

/** Of the rows that begin at `a` and `b`. Four sums at once, as one alone waits for itself. */
export function squaredDistance(rows: Float32Array, a: number, b: number, width: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let j = 0;
  for (; j + 3 < width; j += 4) {
    const d0 = (rows[a + j] ?? 0) - (rows[b + j] ?? 0);
    const d1 = (rows[a + j + 1] ?? 0) - (rows[b + j + 1] ?? 0);
    const d2 = (rows[a + j + 2] ?? 0) - (rows[b + j + 2] ?? 0);
    const d3 = (rows[a + j + 3] ?? 0) - (rows[b + j + 3] ?? 0);
    first += d0 * d0;
    second += d1 * d1;
    third += d2 * d2;
    fourth += d3 * d3;
  }
  for (; j < width; j++) {
    const difference = (rows[a + j] ?? 0) - (rows[b + j] ?? 0);
    first += difference * difference;
  }
  return first + second + (third + fourth);
}

/** For each row a heap of what is nearest so far, the farthest of it on top. */
class Nearest {
  private readonly n: number;
  private readonly k: number;
  private readonly squared: Float32Array;
  private readonly indices: Int32Array;

  constructor(n: number, k: number) {
    this.n = n;
    this.k = k;
    this.squared = new Float32Array(n * k).fill(Number.POSITIVE_INFINITY);
    this.indices = new Int32Array(n * k).fill(-1);
  }

  offer(row: number, squared: number, index: number): void {
    const { squared: heap, indices, k } = this;
    const top = row * k;
    if (squared >= (heap[top] ?? 0)) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= k) break;
      const right = left + 1;
      const larger = right < k && (heap[top + right] ?? 0) > (heap[top + left] ?? 0) ? right : left;
      if ((heap[top + larger] ?? 0) <= squared) break;
      heap[top + at] = heap[top + larger] ?? 0;
      indices[top + at] = indices[top + larger] ?? 0;
      at = larger;
    }
    heap[top + at] = squared;
    indices[top + at] = index;
  }

  sorted(): { indices: Int32Array; distances: Float32Array } {
    const { n, k, squared } = this;
    const indices = new Int32Array(n * k);
    const distances = new Float32Array(n * k);
    for (let row = 0; row < n; row++) {
      const order = Array.from({ length: k }, (_, i) => row * k + i);
      order.sort(
        (a, b) => (squared[a] ?? 0) - (squared[b] ?? 0) || (this.indices[a] ?? 0) - (this.indices[b] ?? 0),
      );
      for (const [i, at] of order.entries()) {
        indices[row * k + i] = this.indices[at] ?? 0;
        distances[row * k + i] = Math.sqrt(squared[at] ?? 0);
      }
    }
    return { indices, distances };
  }
}
