/** Figures with a fixed number of digits, to the digit that others print. */

/** A value ≥ 0 as Python prints it: a tie between two last digits goes to the even one, where toFixed goes up. */
export function printed(value: number, digits = 2): string {
  // A binary fraction lies midway between two decimals of d digits only if it is an odd number of 2^−(d + 1).
  const tie = (value * 2 ** (digits + 1)) % 2 === 1;
  const below = Math.floor(value * 10 ** digits);
  return (tie && below % 2 === 0 ? below / 10 ** digits : value).toFixed(digits);
}
