/** How far a measured share can be off by the luck of the draw. */

const Z_95 = 1.959964;

/**
 * The 95 % interval of a share of `n` independent trials, both in percent (Wilson 1927). Unlike p ± 1.96·√(p(1−p)/n) it
 * stays within 0 … 100 and does not vanish at the ends.
 */
export function wilson(percent: number, n: number): { low: number; high: number } {
  if (n <= 0) return { low: 0, high: 100 };
  const p = percent / 100;
  const zz = (Z_95 * Z_95) / n;
  const middle = (p + zz / 2) / (1 + zz);
  const half = (Z_95 / (1 + zz)) * Math.sqrt((p * (1 - p)) / n + zz / (4 * n));
  return { low: 100 * Math.max(0, middle - half), high: 100 * Math.min(1, middle + half) };
}
