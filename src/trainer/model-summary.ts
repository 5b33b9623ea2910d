/** What the network of a run is made of, and what a step of it takes, for the page. */
import { runMemory, stepWork } from '../config/work.ts';
import { modelSummary } from '../model/summary.ts';
import type { ModelSummary } from '../protocol/values.ts';
import type { TrainingRun } from './training-run.ts';

export function summaryOfModel({ config, settings, parameters }: TrainingRun): ModelSummary {
  return {
    layers: modelSummary(settings.shape),
    imageSize: settings.shape.imageSize,
    batchSize: config.training.batchSize,
    gflopAStep: stepWork(config).gflop,
    memory: runMemory(config, parameters),
  };
}
