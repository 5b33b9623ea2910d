/** Studies wait for each other, are cancelled at once, and end with a sentence whatever happens to them. */
import { expect, it } from 'vitest';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import type { Study, StudyResult } from '../../../src/protocol/studies.ts';
import { FeatureCache } from '../../../src/trainer/studies/cache.ts';
import { Pace, Rhythm } from '../../../src/trainer/studies/pace.ts';
import { type Desk, StudyQueue, StudyRefused } from '../../../src/trainer/studies/queue.ts';

const study: Study = { kind: 'knn', network: 'teacher', images: 'some' };
const result: StudyResult = {
  study,
  step: 3,
  train: 8,
  val: 4,
  classes: 2,
  seconds: 1,
  scores: [],
  notes: [],
  finding: { kind: 'knn' },
};

interface Begun {
  desk: Desk;
  finish(): void;
  break(error: unknown): void;
}

function queueOf() {
  const told: string[] = [];
  const begun: Begun[] = [];
  const queue = new StudyQueue(
    (event: TrainerEvent) => {
      const said = eventSchema.parse(event);
      if (said.type === 'study-progress') told.push(`${said.id}: ${said.text}`);
      if (said.type === 'study-result') told.push(`${said.id} found`);
      if (said.type === 'study-ended') told.push(`${said.id} ${said.reason}: ${said.sentence}`);
    },
    (_, desk) =>
      new Promise((resolve, reject) => {
        begun.push({ desk, finish: () => resolve(result), break: reject });
      }),
  );
  return { queue, told, begun };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

it('conducts one study after the other and gives each its result', async () => {
  const { queue, told, begun } = queueOf();
  queue.add(1, study);
  queue.add(2, study);
  expect(begun).toHaveLength(1);
  begun[0]?.desk.say('half', 0.5);
  begun[0]?.finish();
  await settled();
  expect(begun).toHaveLength(2);
  begun[1]?.finish();
  await settled();
  expect(told).toEqual([
    '2: Waits for the study before it',
    '1: half',
    '1 found',
    '1 done: ',
    '2 found',
    '2 done: ',
  ]);
});

it('ends a cancelled study at once, begins the next, and hears nothing more of the first', async () => {
  const { queue, told, begun } = queueOf();
  queue.add(1, study);
  queue.add(2, study);
  queue.cancel(1);
  expect(begun[0]?.desk.signal.aborted).toBe(true);
  expect(begun).toHaveLength(2);
  begun[0]?.desk.say('late', 1);
  begun[0]?.finish();
  await settled();
  queue.cancel(1);
  begun[1]?.break(new StudyRefused('There are no classes.'));
  await settled();
  expect(told).toEqual([
    '2: Waits for the study before it',
    '1 cancelled: Cancelled.',
    '2 failed: There are no classes.',
  ]);
});

it('cancels a study that waits, without it ever beginning', async () => {
  const { queue, told, begun } = queueOf();
  queue.add(1, study);
  queue.add(2, study);
  queue.cancel(2);
  begun[0]?.finish();
  await settled();
  expect(begun).toHaveLength(1);
  expect(told.slice(1)).toEqual(['2 cancelled: Cancelled.', '1 found', '1 done: ']);
});

it('ends all with one sentence, even a study that never comes back, and takes others then', async () => {
  const { queue, told, begun } = queueOf();
  queue.add(1, study);
  queue.add(2, study);
  queue.endAll('The run was replaced.');
  expect(begun).toHaveLength(1);
  queue.add(3, study);
  begun[1]?.break(new Error('broken shader'));
  await settled();
  begun[0]?.break(new Error('too late'));
  await settled();
  expect(told.slice(1)).toEqual([
    '1 failed: The run was replaced.',
    '2 failed: The run was replaced.',
    '3 failed: Something went wrong that should not: broken shader',
  ]);
});

it('works for half as long as the others took, and asks nobody before', async () => {
  let now = 0;
  let othersTake = 0;
  let rests = 0;
  const pace = new Pace(
    async () => {
      rests++;
      now += othersTake;
    },
    () => now,
  );
  const workFor = async (milliseconds: number) => {
    const before = rests;
    let worked = 0;
    while (rests === before && worked < milliseconds) {
      now += 10;
      worked += 10;
      await pace.between();
    }
    return worked;
  };
  expect(await workFor(1000)).toBe(30);
  othersTake = 400;
  expect(await workFor(1000)).toBe(30);
  expect(await workFor(1000)).toBe(200);
  othersTake = 5000;
  await workFor(1000);
  // However slow a step is, a command is heard in time.
  expect(await workFor(1000)).toBe(300);
});

it('tells of a new stage at once and of the rest a few times a second', () => {
  let now = 0;
  const telling = new Rhythm(100, () => now);
  const due: string[] = [];
  for (const stage of ['features', 'votes'])
    for (let i = 0; i < 25; i++, now += 10) if (telling.isDue(stage)) due.push(`${stage} at ${now}`);
  expect(due).toEqual([
    'features at 0',
    'features at 100',
    'features at 200',
    'votes at 250',
    'votes at 350',
    'votes at 450',
  ]);
});

it('keeps features within its budget, the last asked for longest', () => {
  const cache = new FeatureCache(100);
  cache.set('a', new Float32Array(10));
  cache.set('b', new Float32Array(10));
  expect(cache.get('a')).toHaveLength(10);
  cache.set('c', new Float32Array(10));
  expect(cache.get('b')).toBeNull();
  expect(cache.get('a')).toHaveLength(10);
  expect(cache.get('c')).toHaveLength(10);
  cache.set('whole', new Float32Array(1000));
  expect(cache.get('a')).toBeNull();
  expect(cache.get('whole')).toBeNull();
});
