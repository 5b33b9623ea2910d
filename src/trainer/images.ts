/** Samples or files → a catalogue, and its summary for the page. */
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue, IntakeProgress } from '../data/catalogue.ts';
import { createDecodePool } from '../data/decode-pool.ts';
import { readImages } from '../data/intake.ts';
import { makeSamples } from '../data/samples-pool.ts';
import { openVideo } from '../data/video.ts';
import type { DatasetSummary, SourceFile } from '../protocol/values.ts';

export interface LoadTools {
  signal: AbortSignal;
  onProgress: (progress: IntakeProgress) => void;
}

const MIB = 2 ** 20;

export function loadSamples({ data, training }: RunConfig, tools: LoadTools): Promise<Catalogue> {
  return makeSamples({
    train: data.trainSamples,
    val: data.valSamples,
    seed: training.seed,
    tinted: data.source === 'tinted',
    budgetBytes: data.budgetMiB * MIB,
    ...tools,
  });
}

/** @throws IntakeCancelled, NoImagesError */
export async function loadFiles(
  name: string,
  files: SourceFile[],
  { data, views, training }: RunConfig,
  tools: LoadTools,
): Promise<Catalogue> {
  const pool = createDecodePool();
  try {
    return await readImages(
      files,
      {
        name,
        seed: training.seed,
        validation: data.validation,
        labels: data.labels,
        labelSeparator: data.labelSeparator,
        labelField: data.labelField,
        budgetBytes: data.budgetMiB * MIB,
        largestView: Math.max(views.globalSize, views.localSize),
        videoEvery: data.videoEvery,
      },
      { ...tools, decode: (blob, side, signal) => pool.decode(blob, side, signal), openVideo },
    );
  } finally {
    pool.dispose();
  }
}

export function summaryOf(catalogue: Catalogue): DatasetSummary {
  const { classes, images, trainCount } = catalogue;
  const classCounts = classes.map(() => ({ train: 0, val: 0 }));
  for (const { label, split } of images) {
    const counts = label === null ? undefined : classCounts[label];
    if (counts) counts[split]++;
  }
  return {
    name: catalogue.name,
    source: catalogue.source,
    train: trainCount,
    val: images.length - trainCount,
    classes,
    classCounts,
    split: catalogue.split,
    skipped: catalogue.skipped,
    bytes: catalogue.bytes,
    budgetBytes: catalogue.budgetBytes,
    workingSide: catalogue.workingSide,
    hasMasks: images.some(({ mask }) => mask !== null),
    fingerprint: catalogue.fingerprint,
  };
}
