/** Numbers too large or too small to be written out. */

/** "1.5e6", "2e-7": two decimals at most. */
export function exponential(value: number): string {
  return value
    .toExponential(2)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e');
}
