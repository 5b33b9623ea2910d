/** How long runs would take on this machine, and which preset suits it, from the speed that was measured. */
import { PRESETS, type PresetName, presetConfig } from '../config/presets.ts';
import type { RunConfig } from '../config/schema.ts';
import { stepWork } from '../config/work.ts';
import { featureWidth } from '../config/work-resnet.ts';
import type { MachineSpeed } from '../protocol/values.ts';
import { durationWords } from './words.ts';

/** From narrow to wide; the recipes of others are no proposals. */
const SMALLEST: PresetName = 'nano';
const LADDER: readonly PresetName[] = [SMALLEST, 'small', 'vit-tiny', 'vit-small'];
const LONGEST_STEP = 1;

/** Seconds of one step: its arithmetic at the rate of the measured width that is nearest. */
export function secondsAStep({ rates }: MachineSpeed, config: RunConfig): number {
  const away = (dim: number) => Math.abs(Math.log(dim / featureWidth(config.backbone)));
  const nearest = rates.reduce((best, rate) => (away(rate.dim) < away(best.dim) ? rate : best));
  return stepWork(config).gflop / nearest.gflops;
}

/** The largest preset whose step stays under a second here; the smallest where none does. */
export function presetFor(speed: MachineSpeed): PresetName {
  const quick = LADDER.filter((name) => secondsAStep(speed, presetConfig(name)) < LONGEST_STEP);
  return quick.at(-1) ?? SMALLEST;
}

/** "40 ms", "0.4 s", "12 s", "4 min". */
export function stepWords(seconds: number): string {
  if (seconds < 0.1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  return seconds < 10 ? `${Number(seconds.toPrecision(2))} s` : durationWords(seconds);
}

/** What each preset's step would take, and which to take. */
export function speedSentence(speed: MachineSpeed): string {
  const each = LADDER.map(
    (name) => `${stepWords(secondsAStep(speed, presetConfig(name)))} with ${PRESETS[name].label}`,
  );
  const proposed = presetFor(speed);
  const quick = secondsAStep(speed, presetConfig(proposed)) < LONGEST_STEP;
  return `A step takes about ${each.join(', ')} here. ${
    quick
      ? `The largest that stays under a second is ${PRESETS[proposed].label}.`
      : `None stays under a second; ${PRESETS[proposed].label} is the quickest.`
  }`;
}
