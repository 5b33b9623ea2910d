/** Which views of which images, in which order: every choice a pure function of seed, epoch, image id and view index. */
import { PURPOSE, rng } from '../core/rng.ts';
import { type CropBox, roundHalfEven } from './resize.ts';

/** The part of a run's settings that says how many views there are and how much of the image they see. */
export interface ViewSettings {
  /** Sides in pixels. */
  globalSize: number;
  localSize: number;
  localCount: number;
  /** Share of the image's area that a crop covers. */
  globalScaleMin: number;
  globalScaleMax: number;
  localScaleMin: number;
  localScaleMax: number;
  /** Width ÷ height is drawn log-uniformly from [1/aspectMax, aspectMax]. */
  aspectMax: number;
}

/** Probabilities (flip, jitter, grayscale, blur…, solarize…) and strengths. */
export interface AugmentSettings {
  flip: number;
  jitter: number;
  brightness: number;
  contrast: number;
  saturation: number;
  hue: number;
  grayscale: number;
  blurGlobal1: number;
  blurGlobal2: number;
  blurLocal: number;
  blurSigmaMin: number;
  blurSigmaMax: number;
  solarizeGlobal1: number;
  solarizeGlobal2: number;
  solarizeLocal: number;
  solarizeThreshold: number;
}

/** 0 brightness, 1 contrast, 2 saturation, 3 hue: torchvision's numbers. */
export type JitterStep = 0 | 1 | 2 | 3;

export interface Jitter {
  /** The steps in the order drawn; one whose strength is set to 0 is left out (a hue turn by 0 would change pixels). */
  order: JitterStep[];
  brightness: number;
  contrast: number;
  saturation: number;
  /** Share of a full circle. */
  hue: number;
}

/** Everything that was drawn for one view. */
export interface ViewDraw {
  kind: 'global' | 'local';
  /** 0 and 1 are the global views, 2 … the local ones. */
  index: number;
  /** Side of the view, pixels. */
  size: number;
  /** What of the image it shows, in the image's pixels. */
  box: CropBox;
  flip: boolean;
  jitter: Jitter | null;
  grayscale: boolean;
  /** Pixels of the view; null without blur. */
  blurSigma: number | null;
  /** Bytes from here on are inverted; null without. */
  solarize: number | null;
}

export const GLOBAL_VIEWS = 2;
const TRIES = 10;

/**
 * Draws view `viewIndex` (0, 1 global; 2 … local) of an image of the given size in `epoch`.
 *
 * Every variate is drawn, in a fixed order, whether or not it is used: a run with another probability or strength then sees
 * the same boxes, flips and factors otherwise, so that two runs differ by the setting alone, and a slider in the page
 * changes only what it names. The box's ten tries are all drawn for the same reason.
 */
export function planView(
  config: { views: ViewSettings; augment: AugmentSettings },
  seed: number,
  epoch: number,
  id: number,
  viewIndex: number,
  imageWidth: number,
  imageHeight: number,
): ViewDraw {
  const { views, augment } = config;
  const local = viewIndex >= GLOBAL_VIEWS;
  const draws = rng(seed, PURPOSE.crop, epoch, id, viewIndex);
  const happens = (probability: number) => draws.uniform() < probability;
  const factor = (strength: number) => draws.between(Math.max(0, 1 - strength), 1 + strength);

  const box = drawBox(
    local ? [views.localScaleMin, views.localScaleMax] : [views.globalScaleMin, views.globalScaleMax],
    views.aspectMax,
    imageWidth,
    imageHeight,
    draws.uniform,
  );
  const flip = happens(augment.flip);
  const jittered = happens(augment.jitter);
  const strengths = [augment.brightness, augment.contrast, augment.saturation, augment.hue];
  const brightness = factor(augment.brightness);
  const contrast = factor(augment.contrast);
  const saturation = factor(augment.saturation);
  const hue = draws.between(-augment.hue, augment.hue);
  const order = Array.from(draws.permutation(4), toJitterStep).filter((step) => (strengths[step] ?? 0) > 0);
  const grayscale = happens(augment.grayscale);
  const blurred = happens(
    local ? augment.blurLocal : viewIndex === 0 ? augment.blurGlobal1 : augment.blurGlobal2,
  );
  const sigma = draws.between(augment.blurSigmaMin, augment.blurSigmaMax);
  const solarized = happens(
    local ? augment.solarizeLocal : viewIndex === 0 ? augment.solarizeGlobal1 : augment.solarizeGlobal2,
  );
  return {
    kind: local ? 'local' : 'global',
    index: viewIndex,
    size: local ? views.localSize : views.globalSize,
    box,
    flip,
    jitter: jittered && order.length > 0 ? { order, brightness, contrast, saturation, hue } : null,
    grayscale,
    blurSigma: blurred ? sigma : null,
    solarize: solarized ? augment.solarizeThreshold : null,
  };
}

function toJitterStep(value: number): JitterStep {
  return value === 0 || value === 1 || value === 2 ? value : 3;
}

/** torchvision 0.14, RandomResizedCrop.get_params: ten tries, then the largest central crop within the ratios. */
function drawBox(
  [scaleMin, scaleMax]: [number, number],
  aspectMax: number,
  width: number,
  height: number,
  uniform: () => number,
): CropBox {
  const logAspect = Math.log(aspectMax);
  let size: { width: number; height: number } | null = null;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const area = width * height * (scaleMin + (scaleMax - scaleMin) * uniform());
    const aspect = Math.exp(logAspect * (2 * uniform() - 1));
    const w = roundHalfEven(Math.sqrt(area * aspect));
    const h = roundHalfEven(Math.sqrt(area / aspect));
    if (!size && w > 0 && w <= width && h > 0 && h <= height) size = { width: w, height: h };
  }
  const down = uniform();
  const across = uniform();
  if (size) {
    const top = Math.floor(down * (height - size.height + 1));
    const left = Math.floor(across * (width - size.width + 1));
    return { top, left, ...size };
  }
  const aspect = width / height;
  const w = aspect > aspectMax ? roundHalfEven(height * aspectMax) : width;
  const h = aspect < 1 / aspectMax ? roundHalfEven(width * aspectMax) : height;
  return { top: Math.floor((height - h) / 2), left: Math.floor((width - w) / 2), height: h, width: w };
}

/** Training image ids in the order in which `epoch` visits them. */
export function epochOrder(seed: number, epoch: number, trainCount: number): Uint32Array {
  return rng(seed, PURPOSE.shuffle, epoch).permutation(trainCount);
}
