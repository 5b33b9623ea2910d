/** The arithmetic and memory of a ResNet by formula, as torchvision builds it. */
import type { RunConfig } from './schema.ts';

type Backbone = RunConfig['backbone'];

/** Of one view, forward. A multiplication and an addition count as two. */
export interface ViewWork {
  flop: number;
  /** Numbers that a backward pass needs. */
  kept: number;
  /** Places of the last stage. */
  places: number;
}

const BLOCKS = { vit: [], resnet18: [2, 2, 2, 2], resnet50: [3, 4, 6, 3] } as const;
/** A window of side 3, 7 or 1 moves with this stride over n pixels and reaches half its side over the edge. */
const after = (n: number, stride: number) => Math.ceil(n / stride);

/** Numbers in the feature vector of a view: of the CLS token, or of a ResNet's last stage. */
export function featureWidth({ architecture, width, dim }: Backbone): number {
  if (architecture === 'vit') return dim;
  return width * (architecture === 'resnet18' ? 8 : 32);
}

/**
 * Of one square view. A convolution of side s from i to o channels over n places takes 2·s²·i·o·n operations. Its input,
 * its output and what the norm and the ReLU behind it give are kept, where the next input is that last one: 2·o·n more.
 */
export function resNetWork({ architecture, width, stem }: Backbone, size: number): ViewWork {
  const work: ViewWork = { flop: 0, kept: 3 * size * size, places: 0 };
  const convolve = (side: number, from: number, to: number, places: number) => {
    work.flop += 2 * side * side * from * to * places;
    work.kept += 2 * to * places;
  };
  const wide = architecture === 'resnet50' ? 4 : 1;
  const large = stem === 'imagenet';
  let side = large ? after(size, 2) : size;
  convolve(large ? 7 : 3, 3, width, side * side);
  if (large) {
    side = after(side, 2);
    work.kept += width * side * side;
  }
  let from = width;
  for (const [stage, count] of BLOCKS[architecture].entries())
    for (let block = 0; block < count; block++) {
      const inner = width * 2 ** stage;
      const to = inner * wide;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const before = side * side;
      side = after(side, stride);
      const places = side * side;
      if (wide === 1) {
        convolve(3, from, inner, places);
        convolve(3, inner, to, places);
      } else {
        convolve(1, from, inner, before);
        convolve(3, inner, inner, places);
        convolve(1, inner, to, places);
      }
      if (stride === 2 || from !== to) convolve(1, from, to, places);
      from = to;
    }
  return { ...work, places: side * side };
}
