/** A run's way to a cluster: the wish for the project, and the sentences about it. */
import type { RunConfig } from '../config/schema.ts';
import type { DatasetSummary } from '../protocol/values.ts';
import { send } from './conversation.ts';
import { movingStore } from './moving.ts';

/** The file comes with the trainer's answer. */
export function saveForCluster(): void {
  movingStore.setState({ writing: true, refusal: null });
  send({ type: 'export-cluster' });
}

/** Processes on one machine, most first. */
const PROCESSES = [8, 4, 2];

/** What to type where the zip was unpacked: with as many processes as share the run's batch evenly. */
export function clusterCommands({ training: { batchSize } }: RunConfig): string {
  const processes = PROCESSES.find((count) => batchSize % count === 0) ?? 1;
  return [
    'pip install -r requirements.txt',
    `torchrun --nproc_per_node ${processes} train.py --data /path/to/images`,
    'ls out  # states that this page opens, and metrics',
  ].join('\n');
}

/** What of this very run somebody should know before it leaves, a sentence each. */
export function clusterNotes(config: RunConfig, images: DatasetSummary | null): string[] {
  const { backbone, head, training } = config;
  const notes = [
    `The batch of ${training.batchSize} is shared evenly: choose a number of processes that divides it, or a larger batch in config.json.`,
  ];
  if (images && images.source !== 'own')
    notes.push('The sample images are drawn by this page: on the cluster it takes a folder of your own.');
  if (backbone.architecture !== 'vit' || head.batchNorm !== 'off' || head.lastBatchNorm)
    notes.push(
      'This network has BatchNorm, which PyTorch shares between GPUs alone: without GPUs, one process.',
    );
  return notes;
}
