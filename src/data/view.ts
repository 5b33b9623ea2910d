/** From an image and a draw to the view that the student gets, in pixels, in words and as rows of patches. */
import { type Pixels, type Rgb, rgbOf } from '../core/pixels.ts';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  cropResize,
  flip,
  gaussianBlur,
  grayscale,
  NORMALIZED,
  solarize,
} from './augment.ts';
import type { AugmentSettings, Jitter, JitterStep, ViewDraw } from './crop-plan.ts';

export class UnevenPatchesError extends Error {
  override name = 'UnevenPatchesError';
  constructor(
    readonly image: { width: number; height: number },
    readonly patch: number,
  ) {
    super(
      `A view of ${image.width} × ${image.height} px cannot be cut into patches of ${patch} px: choose a view size that is a multiple of the patch.`,
    );
  }
}

function applyJitterStep(image: Rgb, step: JitterStep, jitter: Jitter): Rgb {
  switch (step) {
    case 0:
      return adjustBrightness(image, jitter.brightness);
    case 1:
      return adjustContrast(image, jitter.contrast);
    case 2:
      return adjustSaturation(image, jitter.saturation);
    case 3:
      return adjustHue(image, jitter.hue);
  }
}

/** The view that `draw` describes, before normalisation, [size, size, 3]. Throws CropOutsideImageError. */
export function makeView(image: Pixels, draw: ViewDraw): Rgb {
  let view = cropResize(image, draw.box, draw.size, draw.size);
  if (draw.flip) view = flip(view);
  for (const step of draw.jitter?.order ?? [])
    if (draw.jitter) view = applyJitterStep(view, step, draw.jitter);
  if (draw.grayscale) view = grayscale(view);
  if (draw.blurSigma !== null) view = gaussianBlur(view, draw.blurSigma);
  if (draw.solarize !== null) view = solarize(view, draw.solarize);
  return view;
}

const signed = (value: number) => `${value < 0 ? '−' : '+'} ${Math.abs(value).toFixed(3)}`;

function describeJitterStep(step: JitterStep, jitter: Jitter): string {
  switch (step) {
    case 0:
      return `brightness × ${jitter.brightness.toFixed(2)}`;
    case 1:
      return `contrast × ${jitter.contrast.toFixed(2)}`;
    case 2:
      return `saturation × ${jitter.saturation.toFixed(2)}`;
    case 3:
      return `hue ${signed(jitter.hue)}`;
  }
}

/** What happened to the crop, in words and numbers, in the order of application; the crop itself is the draw's box. */
export function describeDraw(draw: ViewDraw): string[] {
  const { jitter } = draw;
  const words = draw.flip ? ['flip'] : [];
  if (jitter) words.push(...jitter.order.map((step) => describeJitterStep(step, jitter)));
  if (draw.grayscale) words.push('grayscale');
  if (draw.blurSigma !== null) words.push(`blur σ ${draw.blurSigma.toFixed(1)} px`);
  if (draw.solarize !== null) words.push(`solarize from ${draw.solarize}`);
  return words;
}

/**
 * Normalised patches as rows, [patches of all images, 3·patch·patch]: images in order, patches row-major, a row in the
 * order (channel, y, x) of a flattened OIHW convolution kernel. Writes into `into` from element `offset` on and returns it.
 * Throws UnevenPatchesError, and RangeError where `into` is too short.
 */
export function patchRows(
  images: readonly Rgb[],
  patch: number,
  into = new Float32Array(images.reduce((sum, { width, height }) => sum + width * height * 3, 0)),
  offset = 0,
): Float32Array<ArrayBuffer> {
  const area = patch * patch;
  let to = offset;
  for (const { width, height, data } of images) {
    if (width % patch !== 0 || height % patch !== 0) throw new UnevenPatchesError({ width, height }, patch);
    if (to + data.length > into.length)
      throw new RangeError(
        `${to + data.length} values do not fit into ${into.length}: make the buffer larger.`,
      );
    const [red, green, blue] = NORMALIZED;
    for (let top = 0; top < height; top += patch)
      for (let left = 0; left < width; left += patch, to += 2 * area)
        for (let y = top; y < top + patch; y++) {
          let from = (y * width + left) * 3;
          for (let x = 0; x < patch; x++, from += 3, to++) {
            into[to] = red[data[from] ?? 0] ?? 0;
            into[to + area] = green[data[from + 1] ?? 0] ?? 0;
            into[to + 2 * area] = blue[data[from + 2] ?? 0] ?? 0;
          }
        }
  }
  return into;
}

export interface LoneAugmentation {
  name: string;
  /** Strength and probability, in words. */
  detail: string;
  off: Rgb;
  on: Rgb;
}

/** Each augmentation by itself on the whole image, at the far end of what the settings allow. */
export function augmentationsAlone(image: Pixels, settings: AugmentSettings): LoneAugmentation[] {
  const off = rgbOf(image);
  const alone = (name: string, detail: string, on: Rgb) => ({ name, detail, off, on });
  const { brightness, contrast, saturation, hue, blurSigmaMax, solarizeThreshold } = settings;
  const jittered = `p ${settings.jitter}`;
  return [
    alone('Flip', `p ${settings.flip}`, flip(off)),
    alone(
      'Brightness',
      `× ${(1 + brightness).toFixed(2)}, ${jittered}`,
      adjustBrightness(off, 1 + brightness),
    ),
    alone('Contrast', `× ${(1 + contrast).toFixed(2)}, ${jittered}`, adjustContrast(off, 1 + contrast)),
    alone(
      'Saturation',
      `× ${(1 + saturation).toFixed(2)}, ${jittered}`,
      adjustSaturation(off, 1 + saturation),
    ),
    alone('Hue', `${signed(hue)} of the circle, ${jittered}`, hue > 0 ? adjustHue(off, hue) : off),
    alone('Grayscale', `p ${settings.grayscale}`, grayscale(off)),
    alone(
      'Blur',
      `σ ${blurSigmaMax} px, p ${settings.blurGlobal1} / ${settings.blurGlobal2} / ${settings.blurLocal} (global 1, global 2, local)`,
      gaussianBlur(off, blurSigmaMax),
    ),
    alone(
      'Solarize',
      `from ${solarizeThreshold}, p ${settings.solarizeGlobal1} / ${settings.solarizeGlobal2} / ${settings.solarizeLocal} (global 1, global 2, local)`,
      solarize(off, solarizeThreshold),
    ),
  ];
}
