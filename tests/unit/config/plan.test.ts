/** The plan of a run: lengths as the official code counts them, caps told, impossible runs refused. */
import { describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { planRun, SettingsError } from '../../../src/config/plan.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { defaultConfig, type RunOverrides } from '../../../src/config/schema.ts';

const plan = (images: number, ...overrides: RunOverrides[]) =>
  planRun(applyOverrides(defaultConfig, ...overrides), images);

describe('planRun', () => {
  it('counts the paper’s run on ImageNet-1k', () => {
    const paper = plan(1_281_167, { training: { batchSize: 1024 } });
    expect(paper).toEqual({
      stepsPerEpoch: 1251,
      totalSteps: 125_100,
      stopStep: 125_100,
      epochs: 100,
      lr: 5e-4 * 4,
      lrWarmupSteps: 12_510,
      teacherTempWarmupEpochs: 0,
      freezeSteps: 1251,
      notes: [],
    });
  });

  it('drops a last batch that is not full', () => {
    expect(plan(127).stepsPerEpoch).toBe(1);
    expect(plan(128).stepsPerEpoch).toBe(2);
  });

  it('lets steps override epochs', () => {
    const short = plan(640, { training: { steps: 250 }, optimizer: { lrWarmupEpochs: 2 } });
    expect(short).toMatchObject({ stepsPerEpoch: 10, totalSteps: 250, epochs: 25, lrWarmupSteps: 20 });
  });

  it('stops early in schedules that keep their length, or stretches them', () => {
    const whole = plan(640, { training: { steps: 250 } });
    const early = plan(640, { training: { steps: 250, stopAfter: 100 } });
    expect(early).toMatchObject({ ...whole, stopStep: 100, notes: expect.any(Array) });
    expect(early.notes).toContain('The run stops after 100 steps; its schedules span 250.');
    const long = plan(640, { training: { steps: 250, stopAfter: 400 } });
    expect(long).toMatchObject({ totalSteps: 400, stopStep: 400, notes: whole.notes });
  });

  it('takes the learning rate as written where the rule is fixed', () => {
    expect(plan(1000, { optimizer: { lrRule: 'fixed' } }).lr).toBe(5e-4);
    expect(plan(1000, { optimizer: { lrRule: 'linear' } }).lr).toBeCloseTo(5e-4 / 4, 12);
  });

  it('cuts warm-ups to their share of the run and says so', () => {
    const samples = planRun(presetConfig('samples'), 2000);
    expect(samples).toMatchObject({ stepsPerEpoch: 125, totalSteps: 600, lrWarmupSteps: 60, epochs: 4.8 });
    expect(samples.notes).toHaveLength(1);
    expect(samples.notes[0]).toMatch(/60 steps, not 1250: at most 10 %/);
    const tempered = plan(640, {
      loss: { warmupTeacherTempEpochs: 30, warmupTeacherTempMaxShare: 0.3 },
      training: { epochs: 20 },
    });
    expect(tempered.teacherTempWarmupEpochs).toBe(6);
    expect(tempered.notes.join()).toMatch(/6 of its 30 epochs/);
  });

  it('takes a warm-up as long as the run and refuses a longer one, as the official scheduler does', () => {
    expect(plan(640, { training: { epochs: 10 } }).lrWarmupSteps).toBe(100);
    expect(() => plan(640, { training: { epochs: 9 } })).toThrow(SettingsError);
    const temperature = { loss: { warmupTeacherTempEpochs: 30 } };
    expect(plan(640, { training: { epochs: 30 } }, temperature).teacherTempWarmupEpochs).toBe(30);
    expect(() => plan(640, { training: { epochs: 29 } }, temperature)).toThrow(
      expect.objectContaining({ name: 'SettingsError', setting: 'loss.warmupTeacherTempEpochs' }),
    );
  });

  it('refuses a batch larger than the images, and says what to do', () => {
    expect(plan(64).stepsPerEpoch).toBe(1);
    expect(() => plan(63)).toThrow(
      expect.objectContaining({
        setting: 'training.batchSize',
        message: expect.stringMatching(/63 or less/),
      }),
    );
    expect(() => plan(0)).toThrow(SettingsError);
  });

  it('tells when the prototypes never move', () => {
    const frozen = plan(640, { head: { freezeEpochs: 200 } });
    expect(frozen.freezeSteps).toBe(frozen.totalSteps);
    expect(frozen.notes.join()).toMatch(/frozen for the whole run/);
  });
});
