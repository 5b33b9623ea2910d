/** Features and labels of both splits as a safetensors file. */
import packageFile from '../../../package.json';
import { type StoredTensor, writeSafetensors } from '../../core/safetensors.ts';
import { readableBlocks } from '../../model/backbone.ts';
import type { Study } from '../../protocol/studies.ts';
import type { Findings } from './knn.ts';
import { inWords, type Split, type Workbench } from './workbench.ts';

/**
 * `train/features` [n, width] and `train/labels` [n], the same of `val`; label −1 is none. The metadata names classes,
 * image ids and paths in the order of the rows, the network, the step and the settings.
 */
export async function exportStudy(
  study: Extract<Study, { kind: 'features' }>,
  bench: Workbench,
): Promise<Findings> {
  const { catalogue, config, step } = bench;
  const labelled = study.images === 'some' && catalogue.classes.length > 1;
  const splits: [string, Split][] = [
    ['train', bench.split('train', labelled)],
    ['val', bench.split('val', labelled)],
  ];
  const tensors = new Map<string, StoredTensor>();
  const metadata: Record<string, string> = {
    format: 'dino-playground-features/1',
    version: packageFile.version,
    network: study.network,
    step: String(step),
    blocks: String(Math.min(study.blocks, readableBlocks(config.backbone))),
    classes: JSON.stringify(catalogue.classes),
    dataset: catalogue.fingerprint,
    config: JSON.stringify(config),
  };
  for (const [name, { ids, labels }] of splits) {
    const { rows, width } = await bench.features('network', ids, study.blocks);
    tensors.set(`${name}/features`, { dtype: 'F32', shape: [ids.length, width], data: rows });
    tensors.set(`${name}/labels`, { dtype: 'I32', shape: [ids.length], data: labels });
    metadata[`${name}/ids`] = JSON.stringify(ids);
    metadata[`${name}/paths`] = JSON.stringify(ids.map((id) => catalogue.images[id]?.path ?? ''));
  }
  const [train = 0, val = 0] = splits.map(([, { ids }]) => ids.length);
  return {
    train,
    val,
    classes: catalogue.classes.length,
    scores: [],
    notes: [`Features of ${inWords(train)} training and ${inWords(val)} validation images.`],
    finding: { kind: 'features', bytes: writeSafetensors({ metadata, tensors }) },
  };
}
