/** Evaluations and exclusive work take turns. */
import { beforeAll, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { Observer } from '../../../src/trainer/observer.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

/** An observer of a toy run, and what it told, apart from what it was busy with. */
function observing(train: number, val: number) {
  const told: string[] = [];
  const observer = new Observer(({ type }) => {
    if (type !== 'activity') told.push(type);
  });
  const config = applyOverrides(presetConfig('samples'), {
    views: { globalSize: 16, localSize: 8 },
    backbone: { dim: 12, depth: 1 },
    training: { batchSize: 4, steps: 3 },
  });
  const catalogue = sampleCatalogue(train, val);
  observer.follow(new TrainingRun(config, catalogue), catalogue);
  return { observer, told };
}

it('looks at nothing while work that must be alone is under way', async () => {
  const { observer, told } = observing(8, 4);
  let release: () => void = () => undefined;
  const alone = observer.exclusively(async () => {
    told.push('alone');
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    told.push('done');
  });
  const looked = observer.look();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(told).toEqual(['alone']);
  release();
  await Promise.all([alone, looked]);
  expect(told).toEqual(['alone', 'done', 'attention']);
});

it('lets short work in at the next pause of an evaluation', async () => {
  const { observer, told } = observing(80, 80);
  const measured = observer.measure();
  const soon = observer.soon(async () => {
    told.push('soon');
  });
  const later = observer.exclusively(async () => {
    told.push('later');
  });
  await Promise.all([measured, soon, later]);
  expect(told).toEqual(['soon', 'knn', 'later']);
  await expect(observer.soon(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
});

it('goes on after work that failed', async () => {
  const observer = new Observer(() => undefined);
  await expect(observer.exclusively(() => Promise.reject(new Error('broken shader')))).rejects.toThrow(
    'broken shader',
  );
  await expect(observer.exclusively(async () => undefined)).resolves.toBeUndefined();
});
