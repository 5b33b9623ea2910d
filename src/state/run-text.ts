/** Runs in words: how each stands, where it comes from, what its settings have otherwise. */
import { type Difference, namedDifferences, settingLabel, settingText } from '../config/forks.ts';
import { differences } from '../config/overrides.ts';
import { stepsAnEpoch } from '../config/plan.ts';
import { recounted } from '../config/rebatch.ts';
import type { RunConfig } from '../config/schema.ts';
import type { RunRecord } from '../protocol/runs.ts';
import { countWords } from './words.ts';

/** "training, step 300 of 600", "paused at step 300 of 600". */
export function standing({ phase, step, totalSteps, here, images }: RunRecord): string {
  const at = `step ${countWords(step)} of ${countWords(totalSteps)}`;
  const other = here ? '' : `, on ${images}`;
  switch (phase) {
    case 'idle':
      return 'not begun yet';
    case 'running':
      return `training, ${at}`;
    case 'paused':
      return `paused at ${at}${other}`;
    case 'finished':
      return `finished, ${countWords(step)} steps${other}`;
    case 'fault':
      return `stopped by a fault at ${at}${other}`;
    default:
      return phase satisfies never;
  }
}

/** What a run is held against: its parent, or for one that began anew the first run that is listed. */
export function baseOf(run: RunRecord, runs: readonly RunRecord[]): RunRecord | null {
  const { parent } = run;
  const base = parent ? runs.find(({ id }) => id === parent.id) : runs[0];
  return base && base.id !== run.id ? base : null;
}

export interface OwnDifferences {
  base: RunRecord;
  settings: Difference[];
}

/** What the run has otherwise than its base; null where it has none. */
export function ownDifferences(run: RunRecord, runs: readonly RunRecord[]): OwnDifferences | null {
  const base = baseOf(run, runs);
  return base && { base, settings: namedDifferences(run.config, base.config) };
}

/** What another batch means for a run that goes on from `step` of a parent; null where the batch is the same. */
export function batchNote(
  config: RunConfig,
  parent: RunConfig,
  step: number,
  trainImages: number,
): string | null {
  const { batchSize } = config.training;
  if (batchSize === parent.training.batchSize || batchSize > trainImages || step === 0) return null;
  const { config: own, step: at } = recounted(config, parent, step, trainImages);
  const place =
    stepsAnEpoch(config, trainImages) === stepsAnEpoch(parent, trainImages)
      ? `An epoch has as many steps as before, so it stays at step ${countWords(at)}`
      : `Its place is kept in epochs: step ${countWords(step)} becomes step ${countWords(at)}${own.training.steps === null ? '' : ` of ${countWords(own.training.steps)}`}. The schedules are made anew for that, and its own curves begin there`;
  return `With batches of ${batchSize} instead of ${parent.training.batchSize} the run goes on with the same weights, optimizer state and center, but no longer to the last bit as it would have. ${place}.`;
}

export interface ComparedSetting {
  path: string;
  label: string;
  /** A text a run, in their order. */
  values: string[];
}

/** The settings in which these runs are not all alike. */
export function comparedSettings(runs: readonly RunRecord[]): ComparedSetting[] {
  const [first, ...others] = runs;
  if (!first) return [];
  const paths = new Map<string, [group: string, key: string]>();
  for (const { config } of others)
    for (const [group, key] of differences(config, first.config)) paths.set(`${group}.${key}`, [group, key]);
  return [...paths].map(([path, [group, key]]) => ({
    path,
    label: settingLabel(group, key),
    values: runs.map(({ config }) => settingText(config, group, key)),
  }));
}

/** The run whose newest state it goes on from may be older than where it stopped. */
export function goesOnFrom({ states }: RunRecord): number | null {
  return states.at(-1)?.step ?? null;
}
