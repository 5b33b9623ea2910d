/** Proposals from the image count: lightly-train's bounds, and the teacher's horizon. */
import { describe, expect, it } from 'vitest';
import { proposeFor } from '../../../src/config/auto.ts';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { planRun } from '../../../src/config/plan.ts';
import { presetConfig, presetNames } from '../../../src/config/presets.ts';
import { defaultConfig } from '../../../src/config/schema.ts';

describe('proposeFor', () => {
  it.each([
    [5000, 1024],
    [20_000, 1024],
    [20_001, 2048],
    [50_000, 2048],
    [50_001, 4096],
    [100_000, 4096],
    [100_001, 65_536],
  ])('bounds K for %i images by %i', (images, prototypes) => {
    expect(proposeFor(images, defaultConfig).overrides.head?.prototypes).toBe(prototypes);
  });

  it('sharpens and quickens the teacher up to 20,000 images, and leaves it beyond', () => {
    const few = proposeFor(20_000, defaultConfig).overrides;
    expect(few).toMatchObject({
      loss: { teacherTemp: 0.02, warmupTeacherTemp: 0.02 },
      teacher: { momentum: 0.99 },
    });
    const many = proposeFor(20_001, defaultConfig).overrides;
    expect(many).toMatchObject({ loss: { teacherTemp: 0.04 }, teacher: { momentum: 0.996 } });
  });

  it('never raises K, and keeps at least 64', () => {
    expect(proposeFor(4000, presetConfig('nano')).overrides.head?.prototypes).toBe(512);
    const tiny = applyOverrides(defaultConfig, { head: { prototypes: 16 } });
    expect(proposeFor(4000, tiny).overrides.head?.prototypes).toBe(64);
  });

  it('keeps the horizon under 5 % of the run, but momentum at 0.9 or above', () => {
    const base = (steps: number) => applyOverrides(presetConfig('nano'), { training: { steps } });
    const momentumFor = (steps: number) => proposeFor(4000, base(steps)).overrides.teacher?.momentum ?? 0;
    expect(momentumFor(3000)).toBe(0.99);
    expect(1 / (1 - momentumFor(600))).toBeLessThanOrEqual(30);
    expect(momentumFor(600)).toBeGreaterThan(0.96);
    expect(momentumFor(100)).toBe(0.9);
  });

  it('fits the batch to a handful of images', () => {
    expect(proposeFor(12, presetConfig('nano')).overrides.training?.batchSize).toBe(12);
  });

  it.each(presetNames())('makes %s a run that can be planned, with a reason for each change', (name) => {
    for (const images of [2, 30, 500, 4000, 30_000, 200_000]) {
      const base = presetConfig(name);
      const { overrides, reasons } = proposeFor(images, base);
      const config = applyOverrides(base, overrides);
      const { lrWarmupSteps, teacherTempWarmupEpochs, totalSteps, epochs } = planRun(config, images);
      expect(lrWarmupSteps).toBeLessThanOrEqual(0.1 * totalSteps);
      expect(teacherTempWarmupEpochs).toBeLessThanOrEqual(0.3 * epochs);
      expect(config.teacher.momentum).toBeGreaterThanOrEqual(0.9);
      for (const [changed, before] of [
        [config.head.prototypes, base.head.prototypes],
        [config.loss.teacherTemp, base.loss.teacherTemp],
        [config.teacher.momentum, base.teacher.momentum],
        [config.training.batchSize, base.training.batchSize],
      ])
        if (changed !== before)
          expect(
            reasons.some((reason) =>
              reason.includes(changed?.toLocaleString('en', { maximumFractionDigits: 4 }) ?? ''),
            ),
          ).toBe(true);
    }
  });
});
