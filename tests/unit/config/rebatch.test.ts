/** Going on with another batch: the place and the length stay the same number of epochs. */
import { describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { planRun } from '../../../src/config/plan.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { recounted } from '../../../src/config/rebatch.ts';
import type { RunConfig } from '../../../src/config/schema.ts';

const IMAGES = 2000;
// 125 steps an epoch.
const parent = presetConfig('samples');
const withTraining = (training: Partial<RunConfig['training']>) => applyOverrides(parent, { training });
const at = (training: Partial<RunConfig['training']>, step: number) => {
  const { config, step: own } = recounted(withTraining(training), parent, step, IMAGES);
  return [own, config.training.steps, config.training.stopAfter];
};

describe('a run that goes on with another batch', () => {
  it('stands at the same share of its epochs, rounded down, and is as many epochs long', () => {
    expect(at({ batchSize: 8 }, 300)).toEqual([600, 1200, null]);
    expect(at({ batchSize: 32 }, 300)).toEqual([148, 298, null]);
    expect(at({ batchSize: 48 }, 300)).toEqual([98, 197, null]);
    expect(at({ batchSize: 500 }, 3)).toEqual([1, 20, null]);
  });

  it('is never in another epoch than it was, and never over before it was', () => {
    for (const batchSize of [2, 3, 7, 15, 17, 64, 1000, 2000])
      for (let step = 32; step < 600; step += 7) {
        const { config, step: own } = recounted(withTraining({ batchSize }), parent, step, IMAGES);
        const { stepsPerEpoch, stopStep } = planRun(
          applyOverrides(config, { optimizer: { lrWarmupEpochs: 0 } }),
          IMAGES,
        );
        if (step >= 125) expect(Math.floor(own / stepsPerEpoch)).toBe(Math.floor(step / 125));
        expect(own / stepsPerEpoch - step / 125).toBeLessThanOrEqual(own === 1 ? 1 : 0);
        expect(stopStep).toBeGreaterThanOrEqual(own);
      }
  });

  it('keeps a length that was changed along with the batch, and one in epochs', () => {
    expect(at({ batchSize: 8, steps: 900 }, 300)).toEqual([600, 900, null]);
    expect(at({ batchSize: 8, steps: null, epochs: 9 }, 300)).toEqual([600, null, null]);
    const early = withTraining({ stopAfter: 400 });
    const smaller = applyOverrides(early, { training: { batchSize: 8 } });
    expect(recounted(smaller, early, 300, IMAGES).config.training).toMatchObject({
      steps: 1200,
      stopAfter: 800,
    });
  });

  it('stays where it is while an epoch has as many steps', () => {
    const same = withTraining({ batchSize: 16, steps: 600 });
    expect(recounted(same, parent, 77, IMAGES)).toEqual({ config: same, step: 77 });
    // 15 and 16 go as often into 17 images.
    expect(recounted(withTraining({ batchSize: 15 }), parent, 77, 17).step).toBe(77);
  });
});
