/** A run so small that a step takes milliseconds, as the address writes it. */

const TOY: Record<string, string | number> = {
  'views.globalSize': 16,
  'views.localSize': 8,
  'views.localCount': 2,
  'backbone.patchSize': 4,
  'backbone.dim': 12,
  'backbone.depth': 1,
  'backbone.heads': 3,
  'head.hidden': 16,
  'head.bottleneck': 8,
  'head.prototypes': 33,
  'head.batchNorm': 'off',
  'training.batchSize': 4,
  'training.steps': 40,
  'data.trainSamples': 40,
  'data.valSamples': 16,
};

/** The hash of the toy run with some settings changed. */
export function toy(changes: Record<string, string | number> = {}): string {
  const settings = Object.entries({ ...TOY, ...changes }).map(([name, value]) => `${name}=${value}`);
  return ['preset=nano', ...settings].join('&');
}

/** What the status line says once the toy's samples are there. */
export const TOY_READY = 'Ready: 56 images';
