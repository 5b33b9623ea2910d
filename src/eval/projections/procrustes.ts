/** Lays one layout over another: turned, mirrored and moved, so that what has not changed stays where it was. */

/**
 * `positions` [n, 2] moved so that Σ‖moved_i − s·target_i‖² is least over all rotations and reflections about the common
 * middle, which comes to lie at 0 (orthogonal Procrustes, Schönemann 1966; in the plane the best angle is that of two
 * sums). The scale s does not change which is best, so the layout keeps its own.
 */
export function aligned(positions: Float64Array, target: ArrayLike<number>): Float64Array {
  const n = positions.length / 2;
  const own = middle(positions);
  const other = middle(target);
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = (positions[2 * i] ?? 0) - own.x;
    const y = (positions[2 * i + 1] ?? 0) - own.y;
    const u = (target[2 * i] ?? 0) - other.x;
    const v = (target[2 * i + 1] ?? 0) - other.y;
    xx += x * u;
    xy += x * v;
    yx += y * u;
    yy += y * v;
  }
  // Turned by an angle φ the agreement is (xx + yy)·cos φ + (xy − yx)·sin φ; mirrored in y first, with the signs changed.
  const turned = Math.hypot(xx + yy, xy - yx);
  const mirrored = Math.hypot(xx - yy, xy + yx);
  const mirror = mirrored > turned ? -1 : 1;
  const best = Math.max(turned, mirrored);
  const cos = best > 0 ? (xx + mirror * yy) / best : 1;
  const sin = best > 0 ? (xy - mirror * yx) / best : 0;
  const moved = new Float64Array(positions.length);
  for (let i = 0; i < n; i++) {
    const x = (positions[2 * i] ?? 0) - own.x;
    const y = mirror * ((positions[2 * i + 1] ?? 0) - own.y);
    moved[2 * i] = cos * x - sin * y;
    moved[2 * i + 1] = sin * x + cos * y;
  }
  return moved;
}

function middle(positions: ArrayLike<number>): { x: number; y: number } {
  const n = positions.length / 2;
  let [x, y] = [0, 0];
  for (let i = 0; i < n; i++) {
    x += (positions[2 * i] ?? 0) / n;
    y += (positions[2 * i + 1] ?? 0) / n;
  }
  return { x, y };
}
