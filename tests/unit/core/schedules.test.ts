/** The schedules against the official arrays. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { cosineSchedule, ScheduleError, teacherTempSchedule } from '../../../src/core/schedules.ts';

const configSchema = z.object({
  cosine: z.array(
    z.object({
      base_value: z.number(),
      final_value: z.number(),
      epochs: z.number(),
      niter_per_ep: z.number(),
      warmup_epochs: z.number(),
      start_warmup_value: z.number(),
      values: z.array(z.number()),
    }),
  ),
  teacher_temp: z.array(
    z.object({
      warmup_teacher_temp: z.number(),
      teacher_temp: z.number(),
      warmup_teacher_temp_epochs: z.number(),
      nepochs: z.number(),
      values: z.array(z.number()),
    }),
  ),
});

const file = readSafetensors(readFileSync('tests/fixtures/schedules.safetensors'));
const config = configSchema.parse(JSON.parse(file.metadata.config ?? ''));

describe('cosineSchedule', () => {
  it.each(config.cosine.map((arguments_, i) => [i, arguments_] as const))(
    'equals official schedule %i',
    (_, a) => {
      const steps = a.epochs * a.niter_per_ep;
      const warmup = a.warmup_epochs * a.niter_per_ep;
      const values = cosineSchedule(a.base_value, a.final_value, steps, warmup, a.start_warmup_value);
      expect(values.length).toBe(a.values.length);
      for (const [i, value] of a.values.entries())
        expect(Math.abs((values[i] ?? Number.NaN) - value)).toBeLessThan(1e-12);
    },
  );

  it('refuses a warm-up longer than the run, as the official code does', () => {
    expect(() => cosineSchedule(1e-3, 1e-6, 15, 20)).toThrow(ScheduleError);
  });

  it('refuses a warm-up of half a step', () => {
    expect(() => cosineSchedule(1e-3, 1e-6, 15, 7.5)).toThrow(ScheduleError);
  });
});

describe('teacherTempSchedule', () => {
  it.each(config.teacher_temp.map((arguments_, i) => [i, arguments_] as const))(
    'equals official schedule %i',
    (_, a) => {
      const values = teacherTempSchedule(
        a.warmup_teacher_temp,
        a.teacher_temp,
        a.warmup_teacher_temp_epochs,
        a.nepochs,
      );
      expect(values.length).toBe(a.values.length);
      for (const [i, value] of a.values.entries())
        expect(Math.abs((values[i] ?? Number.NaN) - value)).toBeLessThan(1e-12);
    },
  );

  it('refuses a warm-up longer than the run', () => {
    expect(() => teacherTempSchedule(0.04, 0.07, 9, 8)).toThrow(ScheduleError);
  });
});
