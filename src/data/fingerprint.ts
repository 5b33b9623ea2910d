/** A short hash that tells whether a checkpoint fits a set of images. Not a safeguard against intent. */

export interface FingerprintImage {
  path: string;
  split: 'train' | 'val';
  label: number | null;
  width: number;
  height: number;
}

/** Sixteen hex digits over paths, labels, split and sizes: two lanes of 32-bit FNV-1a (offset 2166136261, and its complement). */
export function fingerprintOf(images: Iterable<FingerprintImage>, classes: readonly string[]): string {
  let a = 0x811c9dc5;
  let b = ~0x811c9dc5;
  const add = (text: string) => {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x01000193);
      b = Math.imul(b ^ (unit + i), 0x01000193);
    }
  };
  // Values are written as JSON, so that no two lists give the same text.
  for (const { path, split, label, width, height } of images)
    add(JSON.stringify([path, split, label === null ? null : (classes[label] ?? ''), width, height]));
  return [a, b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}
