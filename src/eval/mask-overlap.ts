/** How much of the attention lies on the object, against the object's share of the picture. */

/** Share of each patch that the object covers: mask [height, width] of 0 and 1 → [rows, columns]. */
export function maskOfPatches(mask: Uint8Array, side: number, patches: number): Float32Array<ArrayBuffer> {
  const shares = new Float32Array(patches * patches);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const at = Math.floor((y * patches) / side) * patches + Math.floor((x * patches) / side);
      shares[at] = (shares[at] ?? 0) + (mask[y * side + x] ?? 0);
    }
  const area = (side / patches) ** 2;
  return shares.map((sum) => sum / area);
}

/**
 * Mean attention mass on the object ÷ mean share of the area, per head: 1 is chance.
 * maps [images, heads, patches] flat, each map normalised here; masks one [patches] an image.
 */
export function overlapByHead(maps: Float32Array, masks: readonly Float32Array[], heads: number): number[] {
  const patches = masks[0]?.length ?? 0;
  const area = mean(masks.map((mask) => mean([...mask])));
  return Array.from({ length: heads }, (_, head) => {
    const onObject = masks.map((mask, image) => {
      const map = maps.subarray((image * heads + head) * patches, (image * heads + head + 1) * patches);
      const all = map.reduce((sum, value) => sum + value, 0);
      return map.reduce((sum, value, i) => sum + value * (mask[i] ?? 0), 0) / Math.max(all, 1e-12);
    });
    return mean(onObject) / area;
  });
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
