/** The named configurations that are timed. */
import { applyOverrides } from '../src/config/overrides.ts';
import { isPresetName, presetConfig, presetNames } from '../src/config/presets.ts';
import type { RunConfig, RunOverrides } from '../src/config/schema.ts';

/** Steps that move every weight from the first on, so that equal losses mean an equal step. */
const MOVING: RunOverrides = {
  head: { freezeEpochs: 0 },
  optimizer: { lrWarmupEpochs: 0 },
  // Longer than any bench: the schedules never end.
  training: { steps: 10_000 },
};

/** A run whose step takes milliseconds, with odd sizes. */
const TOY: RunOverrides = {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { patchSize: 4, dim: 24, depth: 1, heads: 3, dropPath: 0.2 },
  head: { hidden: 20, bottleneck: 12, prototypes: 37, batchNorm: 'before-gelu' },
  training: { batchSize: 5 },
};

export class UnknownConfigError extends Error {
  constructor(readonly found: string) {
    super(
      `There is no configuration "${found}": take N, T, V, toy or a preset (${presetNames().join(', ')}).`,
    );
    this.name = 'UnknownConfigError';
  }
}

/** Twelve blocks and two resolutions at the sizes of ViT-Ti/16, with a batch that any adapter gets through. */
export const twelveBlocks = (): RunConfig =>
  moving(applyOverrides(presetConfig('vit-tiny'), { training: { batchSize: 2 } }));

/** N is nano, T is small, V is ViT-Ti/16 at 224 px with a batch of 32. @throws UnknownConfigError */
export function benchConfig(name: string): RunConfig {
  const [base, overrides] = chosen(name);
  return moving(applyOverrides(base, overrides));
}

const moving = (config: RunConfig): RunConfig => applyOverrides(config, MOVING);

function chosen(name: string): [RunConfig, RunOverrides] {
  switch (name) {
    case 'N':
      return [presetConfig('nano'), {}];
    case 'T':
      return [presetConfig('small'), {}];
    case 'V':
      return [presetConfig('vit-tiny'), { training: { batchSize: 32 } }];
    case 'toy':
      return [presetConfig('nano'), TOY];
    default:
      if (isPresetName(name)) return [presetConfig(name), {}];
      throw new UnknownConfigError(name);
  }
}
