/** What somebody is told of a run before it leaves for a cluster. */
import { describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import { clusterCommands, clusterNotes } from '../../../src/state/cluster.ts';

describe('what is told of a run that leaves for a cluster', () => {
  it('names the batch that is shared, and no more of a plain run on own images', () => {
    expect(clusterNotes(defaultConfig, null)).toEqual([
      expect.stringMatching(/^The batch of 64 is shared evenly/),
    ]);
  });

  it.each([
    [64, 8],
    [4, 4],
    [6, 2],
    [5, 1],
  ])('shares a batch of %i evenly between %i processes', (batchSize, processes) => {
    const config = applyOverrides(defaultConfig, { training: { batchSize } });
    expect(clusterCommands(config)).toContain(`torchrun --nproc_per_node ${processes} train.py`);
  });

  it.each([
    { head: { batchNorm: 'after-gelu' } } as const,
    { head: { lastBatchNorm: true } },
    { backbone: { architecture: 'resnet18' } } as const,
  ])('warns of BatchNorm, which needs GPUs or one process: %j', (overrides) => {
    expect(clusterNotes(applyOverrides(defaultConfig, overrides), null)).toContainEqual(
      expect.stringMatching(/BatchNorm.*without GPUs, one process/),
    );
  });
});
