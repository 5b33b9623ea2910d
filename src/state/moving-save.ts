/** Metrics and settings as files for other programs, made in pieces that leave the page its turns. */
import { version } from '../../package.json';
import { download } from '../client/download.ts';
import { yamlText } from '../client/settings-text.ts';
import { recipeOf } from '../config/recipe-file.ts';
import type { RunConfig } from '../config/schema.ts';
import { settingsJson } from '../config/settings-file.ts';
import { datasetStore } from './dataset.ts';
import { metricsLines } from './metrics-file.ts';
import { type Measured, metricsCsv, metricsEvents } from './metrics-tables.ts';
import { runsStore } from './runs.ts';
import { seriesStore } from './series.ts';
import { sessionStore } from './session.ts';
import { settingsStore } from './settings.ts';

/** Pieces made between two turns of the page. */
const PIECES = 100;

async function inTurns<T>(pieces: Iterable<T>): Promise<T[]> {
  const made: T[] = [];
  for (const piece of pieces) {
    made.push(piece);
    if (made.length % PIECES === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return made;
}

const measured = (): Measured => {
  const { steps, knn } = seriesStore.getState();
  // What comes meanwhile belongs to another file.
  return { steps: steps.upTo(Number.POSITIVE_INFINITY), knn };
};

export async function saveMetrics(): Promise<void> {
  const { backend, status } = sessionStore.getState();
  const { summary } = datasetStore.getState();
  const source = { backend, status, summary, config: presentConfig(), ...measured() };
  download('metrics.jsonl', new Blob(await inTurns(metricsLines(source))), 'application/jsonl');
}

export async function saveMetricsTable(): Promise<void> {
  download('metrics.csv', new Blob(await inTurns(metricsCsv(measured()))), 'text/csv');
}

/** The name is one that TensorBoard looks for in a folder. */
export async function saveMetricsEvents(): Promise<void> {
  const { runs, present } = runsStore.getState();
  const run = runs.find(({ id }) => id === present);
  const begun = (run?.begun ?? Date.now()) / 1000;
  const pieces = await inTurns(metricsEvents(measured(), begun));
  const name = `events.out.tfevents.${Math.floor(begun)}.${run?.name ?? 'dino-playground'}`;
  download(name, new Blob(pieces), 'application/octet-stream');
}

/** Settings of the run in progress, or as they stand before there is one. */
function presentConfig(): RunConfig {
  return sessionStore.getState().runConfig ?? settingsStore.getState().config;
}

export function saveSettingsJson(): void {
  download('settings.json', settingsJson(presentConfig(), version), 'application/json');
}

export async function saveSettingsYaml(): Promise<void> {
  const { keys, untold } = recipeOf(presentConfig());
  const comment = [
    `Settings of DINO Playground ${version} under the key names of the PyTorch Lightning recipe.`,
    ...(untold.length > 0
      ? [
          'Settings that are not the paper’s and have no key here (save as JSON to keep them):',
          ...untold.map((path) => `  ${path}`),
        ]
      : []),
  ];
  download('settings.yaml', await yamlText(keys, comment), 'application/yaml');
}
