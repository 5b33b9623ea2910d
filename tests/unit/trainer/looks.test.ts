/** Looking closer at an image: what is answered, what is kept on the device, and how a look is given up. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { Look, LookResult } from '../../../src/protocol/looks.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Looks } from '../../../src/trainer/looks.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { attentionSnapshot } from '../../../src/trainer/watching.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

/** What happens in a pause of a look; every piece of work is followed by one here, however short it was. */
const pause = vi.hoisted(() => ({ happens: () => {} }));
vi.mock('../../../src/eval/pace.ts', () => ({ paced: (between: () => Promise<void>) => between }));
vi.mock('../../../src/trainer/breathe.ts', () => ({ breathe: async () => pause.happens() }));

const config = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33, batchNorm: 'off' },
  training: { batchSize: 4, steps: 3 },
});
const catalogue = sampleCatalogue(8, 4);
const WISH: Look = {
  image: 1,
  resolution: 'trained',
  network: 'student',
  block: null,
  patch: null,
  show: 'heads',
};

let events: TrainerEvent[] = [];
let run: TrainingRun;
let looks: Looks;
let turn: Promise<void>;

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(() => {
  events = [];
  turn = Promise.resolve();
  run = new TrainingRun(config, catalogue);
  looks = new Looks(
    (event) => events.push(eventSchema.parse(event)),
    (work) => {
      turn = turn.then(work);
      return turn;
    },
  );
  looks.follow(run, catalogue);
});

afterEach(async () => {
  pause.happens = () => {};
  looks.leave();
  await turn;
  run.dispose();
});

async function answer(change: Partial<Look> = {}): Promise<LookResult> {
  await looks.look(7, { ...WISH, ...change });
  const event = events.at(-1);
  if (event?.type !== 'look') throw new Error(`Answered by ${event?.type}`);
  expect(event.id).toBe(7);
  return event.result;
}

function mapsOf({ shown }: LookResult): number[] {
  if (shown.show !== 'heads') throw new Error(`Shown are ${shown.show}`);
  return [...shown.maps];
}

it('shows the same maps as the snapshot where it looks as the snapshot does', async () => {
  await (await run.advance()).figures;
  const held = run.hold();
  const snapshot = await attentionSnapshot(held, catalogue, config, [1]);
  run.release(held);
  for (const network of ['student', 'teacher'] as const) {
    const result = await answer({ network });
    expect(result).toMatchObject({
      step: 1,
      block: 1,
      blocks: 2,
      heads: 3,
      rows: 4,
      columns: 4,
      patchSize: 4,
    });
    const wanted = [...(snapshot.images[0]?.[network] ?? [])];
    const found = mapsOf(result);
    expect(found).toHaveLength(wanted.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6);
    expect(result.pixels).toEqual(snapshot.images[0]?.pixels);
  }
});

it('takes the student before its first step for the untrained network, at any later step', async () => {
  const start = mapsOf(await answer());
  expect(mapsOf(await answer({ network: 'untrained' }))).toEqual(start);
  await (await run.advance()).figures;
  await (await run.advance()).figures;
  expect(mapsOf(await answer({ network: 'untrained' }))).toEqual(start);
  expect(mapsOf(await answer())).not.toEqual(start);
});

it('looks at the image in its own size, from any patch that is there', async () => {
  const own = await answer({ resolution: 'own', patch: 17, block: 0 });
  expect(own).toMatchObject({ rows: 16, columns: 16, block: 0, source: { width: 64, height: 64 } });
  expect(own.look.patch).toBe(17);
  expect((await answer({ patch: 17 })).look.patch).toBeNull();
  const rollout = await answer({ resolution: 'own', show: 'rollout' });
  expect(rollout.shown.show === 'rollout' && rollout.shown.map.length).toBe(256);
  const { shown } = await answer({ show: 'distances' });
  if (shown.show !== 'distances') throw new Error('No distances');
  expect(shown.distances.map((perHead) => perHead.length)).toEqual([3, 3]);
  // Two patches of a 4 × 4 grid of 4 px lie at most 3·√2 patches apart.
  expect(shown.distances.flat().every((distance) => distance > 4 && distance < 17)).toBe(true);
});

it('keeps one opened network for the next question, and nothing once it is left', async () => {
  await answer();
  looks.leave();
  await turn;
  looks.follow(run, catalogue);
  const before = tf.memory().numTensors;
  await answer();
  const kept = tf.memory().numTensors;
  expect(kept).toBe(before + 2 * config.backbone.depth);
  await answer({ patch: 3, block: 0 });
  await answer({ network: 'teacher' });
  expect(tf.memory().numTensors).toBe(kept);
  looks.leave();
  await turn;
  expect(tf.memory().numTensors).toBe(before);
});

it('gives a look up for a newer one that comes in its pause', async () => {
  const newer: Promise<void>[] = [];
  pause.happens = () => {
    if (newer.length === 0) newer.push(looks.look(4, WISH));
  };
  await looks.look(3, { ...WISH, resolution: 'own', show: 'distances' });
  await Promise.all(newer);
  expect(events.map((event) => [event.type, 'id' in event && event.id])).toEqual([
    ['look-refused', 3],
    ['look', 4],
  ]);
});

it('gives a look up when the run is left, and says so without a sentence', async () => {
  const looking = looks.look(3, { ...WISH, resolution: 'own', show: 'distances' });
  looks.leave();
  await looking;
  expect(events).toEqual([{ type: 'look-refused', id: 3, sentence: null }]);
});
