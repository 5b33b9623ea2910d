/** The best state of a run: which it is, and when a new one is saved for its score alone. */
import { expect, it } from 'vitest';
import { Keep } from '../../../src/checkpoint/keep.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import { Chronicle } from '../../../src/trainer/keeping/chronicle.ts';
import { inventoryOf } from '../../../src/trainer/keeping/inventory.ts';
import type { Keeper } from '../../../src/trainer/keeping/keeper.ts';
import { Keeping } from '../../../src/trainer/keeping/keeping.ts';
import { MemoryStore } from '../checkpoint/memory-store.ts';
import { row } from '../state/stores.ts';

it('is the newest of equals in the list of what is kept', async () => {
  const keep = new Keep(new MemoryStore());
  for (const [step, score] of [
    [1, 62],
    [2, 62],
  ] as const)
    await keep.save({ run: 'aaaaaaaa', savedAt: step, step, score, card: '{}' }, []);
  expect(inventoryOf(keep).runs[0]?.best).toEqual({ step: 2, score: 62 });
});

it('of a run that goes on is beaten by a higher score alone', async () => {
  const saved: number[] = [];
  const keeper: Keeper = {
    watch: (listener) => listener({ state: 'ready', detail: '', inventory: null }),
    save: async ({ step }) => {
      saved.push(step);
    },
    load: async () => null,
  };
  const chronicle = new Chronicle();
  const emit = chronicle.hearing(() => undefined);
  const keeping = new Keeping(emit, chronicle, keeper, () => ({ key: 'aaaaaaaa', card: '{}' }));
  const updates = { lastLayer: 0, rest: 0 };
  const run = {
    step: 5,
    tree: async () => ({ config: '', dataset: '', step: run.step, updates, tensors: new Map() }),
  };
  emit({ type: 'run-started', id: 1, parent: null, step: 5, config: defaultConfig });
  keeping.follow(run);
  keeping.wasSaved(5, 0, 80);
  const scored = { pixels: 1, untrained: 1, k: 5, train: 8, val: 4, classes: 2 };
  for (const teacher of [70, 80, 81]) {
    run.step++;
    emit({ type: 'metrics', rows: [row(run.step)] });
    emit({ type: 'knn', result: { step: run.step, teacher, ...scored } });
    keeping.watch(run);
    while (keeping.busy) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(saved).toEqual([8]);
});
