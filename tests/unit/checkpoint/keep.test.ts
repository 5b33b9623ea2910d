/** Keeping runs in a store that dies, fills up and rots: what was kept once is there, whole, or it is not claimed to be. */
import { describe, expect, it } from 'vitest';
import { Keep, NoRoom } from '../../../src/checkpoint/keep.ts';
import {
  type About,
  Damaged,
  keptFile,
  OtherVersion,
  type Part,
  VERSION,
} from '../../../src/checkpoint/keep-file.ts';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { Killed, MemoryStore } from './memory-store.ts';

const A = 'aaaaaaaa';
const B = 'bbbbbbbb';

const about = (step: number, run = A, score: number | null = null): About => ({
  run,
  savedAt: 1000 * step,
  step,
  score,
  card: JSON.stringify({ name: 'brave-otter' }),
});

/** Numbers that only this step of this run has, in uneven pieces. */
function partsOf(step: number, run = A, size = 300): Part[] {
  const random = rng(step, PURPOSE.evaluation, Number.parseInt(run, 16));
  const bytes = Uint8Array.from({ length: size }, () => random.below(256));
  return [
    { name: 'state', pieces: [bytes.subarray(0, 7), bytes.subarray(7, 200)] },
    { name: 'figures', pieces: [bytes.subarray(200), new Uint8Array()] },
  ];
}

const bytesOf = (part: Part | undefined) => (part?.pieces ?? []).flatMap((piece) => [...piece]);

async function opened(store: MemoryStore): Promise<Keep> {
  const keep = new Keep(store);
  await keep.open();
  return keep;
}

/** The newest whole state of the run: its step, once its bytes are found to be those of that step. */
async function newest(store: MemoryStore, run = A): Promise<number | null> {
  const loaded = await (await opened(store)).load(run);
  if (!loaded) return null;
  const { step } = loaded.file.about;
  for (const part of partsOf(step, run))
    expect([...(loaded.parts.get(part.name) ?? [])], part.name).toEqual(bytesOf(part));
  return step;
}

async function filled(...steps: number[]): Promise<{ store: MemoryStore; keep: Keep }> {
  const store = new MemoryStore();
  const keep = await opened(store);
  for (const step of steps) await keep.save(about(step), partsOf(step));
  return { store, keep };
}

const nameOf = (store: MemoryStore, step: number) =>
  [...store.files.keys()].find((name) => name.includes(`-${String(step).padStart(8, '0')}`)) ?? '';

describe('what is kept', () => {
  it('is read as it was written, whatever pieces it came in, also beyond one chunk', async () => {
    const { store, keep } = await filled(1);
    expect(await newest(store)).toBe(1);
    const large = new Uint8Array(9_000_000).map((_, i) => i % 251);
    const pieces = [large.subarray(0, 5), large.subarray(5, 4_194_304), large.subarray(4_194_304)];
    await keep.save(about(2), [{ name: 'state', pieces }]);
    const loaded = await (await opened(store)).load(A);
    expect(Buffer.compare(loaded?.parts.get('state') ?? new Uint8Array(), large)).toBe(0);
    expect(loaded?.file.about).toEqual(about(2));
  });

  it('is the newest two states of a run and its best by k-NN', async () => {
    const { store, keep } = await filled();
    const scores = [null, 40, 62, 50, null, 62, 61, null, null];
    for (const [step, score] of scores.entries()) await keep.save(about(step, A, score), partsOf(step));
    const steps = async () => (await opened(store)).runs.map((files) => files.map((file) => file.about.step));
    expect(await steps()).toEqual([[8, 7, 5]]);
    await keep.save(about(9, A, 80), partsOf(9));
    expect(await steps()).toEqual([[9, 8]]);
  });

  it('is of the newest four runs, each as it was left', async () => {
    const { store, keep } = await filled();
    const runs = ['00000001', '00000002', '00000003', '00000004', '00000005'];
    for (const run of runs)
      for (const step of [1, 2, 3]) await keep.save(about(step, run), partsOf(step, run));
    await keep.save(about(4, '00000003'), partsOf(4, '00000003'));
    const kept = (await opened(store)).runs.map((files) =>
      files.map(({ about: { run, step } }) => [run, step]),
    );
    expect(kept).toEqual([
      [
        ['00000003', 4],
        ['00000003', 3],
      ],
      [
        ['00000005', 3],
        ['00000005', 2],
      ],
      [
        ['00000004', 3],
        ['00000004', 2],
      ],
      [
        ['00000002', 3],
        ['00000002', 2],
      ],
    ]);
    expect(store.files.size).toBe(8);
  });
});

describe('a crash', () => {
  it('at any of fifty places of a save leaves the state before or the new one, whole, and no litter', async () => {
    const random = rng(5, PURPOSE.evaluation);
    const { store: whole } = await filled(1, 2, 3);
    const cost = whole.files.get(nameOf(whole, 3))?.byteLength ?? 0;
    const survived = new Set<number | null>();
    for (let i = 0; i < 50; i++) {
      const { store, keep } = await filled(1, 2);
      // The last few are the move and what is removed after it.
      store.life = i < 5 ? cost + i : 1 + random.below(cost);
      await keep.save(about(3), partsOf(3)).catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
      store.life = Number.POSITIVE_INFINITY;
      const step = await newest(store);
      survived.add(step);
      expect([...store.files.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
      const again = await opened(store);
      await again.save(about(4), partsOf(4));
      expect(await newest(store)).toBe(4);
      expect(again.runs[0]?.map((file) => file.about.step)).toEqual([4, step]);
    }
    expect(survived).toEqual(new Set([2, 3]));
  });

  it('in the very first save leaves nothing that could be gone on from', async () => {
    const { store, keep } = await filled();
    store.life = 200;
    await expect(keep.save(about(1), partsOf(1))).rejects.toThrow(Killed);
    store.life = Number.POSITIVE_INFINITY;
    expect(await newest(store)).toBeNull();
    expect(store.files.size).toBe(0);
  });
});

describe('damage', () => {
  it('of any single bit is noticed, and the state before stands in', async () => {
    const random = rng(6, PURPOSE.evaluation);
    for (let i = 0; i < 60; i++) {
      const { store } = await filled(1, 2);
      const name = nameOf(store, 2);
      const bits = 8 * (store.files.get(name)?.byteLength ?? 0);
      // Magic, version, length and the beginning of the header each get their share.
      store.flip(name, i < 30 ? random.below(8 * 40) : random.below(bits));
      expect(await newest(store)).toBe(1);
      const keep = await opened(store);
      expect((await keep.newestWhole())?.about.step).toBe(1);
      expect(keep.unusable.map(({ reason }) => reason.constructor)).toEqual([Damaged]);
    }
  });

  it('of its checksum is noticed in any byte of it', async () => {
    for (let byte = 1; byte <= 32; byte++) {
      const { store } = await filled(1, 2);
      const name = nameOf(store, 2);
      store.flip(name, 8 * ((store.files.get(name)?.byteLength ?? 0) - byte));
      expect(await newest(store)).toBe(1);
    }
  });

  it('by cutting the file off is noticed at any length, and cleared away by the next save', async () => {
    const { store: whole } = await filled(1, 2);
    const size = whole.files.get(nameOf(whole, 2))?.byteLength ?? 0;
    for (const bytes of [0, 1, 15, 16, 100, size - 33, size - 32, size - 1]) {
      const { store } = await filled(1, 2);
      store.cut(nameOf(store, 2), bytes);
      expect(await newest(store), `${bytes} bytes`).toBe(1);
      const keep = await opened(store);
      await keep.save(about(3), partsOf(3));
      expect([...store.files.keys()].map((name) => name.slice(9, 17))).toEqual(['00000001', '00000003']);
    }
  });

  it('of all states is no run to go on with, and no error', async () => {
    const { store } = await filled(1, 2);
    for (const name of store.files.keys()) store.flip(name, 1600);
    expect(await newest(store)).toBeNull();
  });
});

describe('the store', () => {
  it('is cleared of unfinished files, and strange names are left alone', async () => {
    const { store } = await filled(1);
    store.files.set('aaaaaaaa-00000007.kept.tmp', new Uint8Array(50));
    store.files.set('holiday.jpg', new Uint8Array(3));
    expect(await newest(store)).toBe(1);
    expect([...store.files.keys()].map((name) => name.slice(-4))).toEqual(['kept', '.jpg']);
  });

  it('gives up the older state of a run for a newer one where it is full', async () => {
    const { store, keep } = await filled(1, 2);
    store.quota = store.bytes + 100;
    await keep.save(about(3), partsOf(3));
    expect(await newest(store)).toBe(3);
  });

  it('that is full without remedy says so and keeps what it has; with room again it goes on', async () => {
    const { store, keep } = await filled(1, 2);
    store.quota = 400;
    for (const step of [3, 4]) await expect(keep.save(about(step), partsOf(step))).rejects.toThrow(NoRoom);
    expect([...store.files.keys()].filter((name) => name.endsWith('.tmp'))).toEqual([]);
    expect(await newest(store)).toBe(2);
    expect(store.files.size).toBe(1);
    store.quota = 1e6;
    await keep.save(about(5), partsOf(5));
    expect(await newest(store)).toBe(5);
  });

  it('that is full gives up a damaged state and not the whole one before it', async () => {
    const { store, keep } = await filled(1, 2);
    store.flip(nameOf(store, 2), 3000);
    store.quota = 400;
    await expect(keep.save(about(3), partsOf(3))).rejects.toThrow(NoRoom);
    expect(await newest(store)).toBe(1);
  });

  it('that somebody empties takes the next save as its first', async () => {
    const { store, keep } = await filled(1, 2);
    store.files.clear();
    await keep.save(about(3), partsOf(3));
    expect(await newest(store)).toBe(3);
    expect(store.files.size).toBe(1);
  });

  it('tells states of two runs apart', async () => {
    const { store, keep } = await filled(1, 2);
    await keep.save(about(7, B), partsOf(7, B));
    expect([await newest(store, A), await newest(store, B)]).toEqual([2, 7]);
  });
});

describe('another version', () => {
  it.each([
    [VERSION + 1, /newer version/],
    [VERSION - 1, /older version/],
  ])('%i is neither read nor removed, and its sentence says what to do', async (version, sentence) => {
    const { store } = await filled(1);
    const name = 'cccccccc-00000099.kept';
    await store.write(name, keptFile(about(5, 'cccccccc'), partsOf(5), version));
    const keep = await opened(store);
    expect(keep.unusable.map(({ reason }) => [reason.constructor, reason.message])).toEqual([
      [OtherVersion, expect.stringMatching(sentence)],
    ]);
    expect((await keep.newestWhole())?.about.run).toBe(A);
    await keep.save(about(2), partsOf(2));
    expect(nameOf(store, 100)).not.toBe('');
    expect(store.files.has(name)).toBe(true);
  });
});
