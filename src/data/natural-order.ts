/** The order in which a person would list files: img2 before img10, the same in every browser. */

/** A key whose plain comparison is natural: each run of digits is preceded by its length. */
function keyOf(text: string): string {
  return text.replace(/\d+/g, (digits) => {
    const value = digits.replace(/^0+(?=.)/, '');
    return String.fromCharCode(0x30 + Math.min(value.length, 0xff)) + value;
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A sorted copy; equal names keep their order. */
export function inNaturalOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, name: nameOf(item), key: keyOf(nameOf(item)) }))
    .sort((a, b) => compare(a.key, b.key) || compare(a.name, b.name))
    .map(({ item }) => item);
}
