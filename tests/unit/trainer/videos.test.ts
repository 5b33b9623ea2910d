/** Looking at a video: the maps of a look at each frame, colors that hold for all of them, and how it ends. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { type Pixels, rgbOf } from '../../../src/core/pixels.ts';
import { type OpenedVideo, VideoBroken, VideoRefused } from '../../../src/data/video.ts';
import { patchRows } from '../../../src/data/view.ts';
import { CLS, rollout, tokenAttention } from '../../../src/eval/attention-flow.ts';
import { close, openNetwork } from '../../../src/eval/opened.ts';
import { vitShape } from '../../../src/model/shapes.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import type { VideoFrame, VideoWish } from '../../../src/protocol/videos.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { Videos } from '../../../src/trainer/videos.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const config = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33, batchNorm: 'off' },
  training: { batchSize: 4, steps: 3 },
});
const catalogue = sampleCatalogue(8, 4);
const WISH: VideoWish = { network: 'student', block: null, show: 'heads', patches: 6, rate: 4, start: 0 };

/** Which picture the video shows at each quarter of a second; null breaks off. */
type Reel = (number | null)[];

/** A picture of its own for each id. */
function picture(id: number, width: number, height: number): Pixels {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < rgba.length; i++)
    rgba[i] = i % 4 === 3 ? 255 : (i * (7 + 5 * id) + (i >> 5) * id * 31) % 251;
  return { width, height, rgba };
}

/** A video of these pictures, of whatever size is asked for. */
function video(reel: Reel, size: { width: number; height: number }): OpenedVideo {
  return {
    name: 'reel.webm',
    ...size,
    seconds: reel.length / 4,
    rate: 4,
    fastest: 4,
    codec: 'VP9',
    async *frames(times, { width, height }) {
      let before: number | null = null;
      for (const [index, time] of times.entries()) {
        const id = reel[Math.floor(4 * time)] ?? null;
        if (id === null) throw new VideoBroken('reel.webm', new Error('nonsense'));
        yield { index, pixels: id === before ? null : picture(id, width, height) };
        before = id;
      }
    },
    close: () => undefined,
  };
}

let events: TrainerEvent[] = [];
let run: TrainingRun;
let videos: Videos;
let turn: Promise<unknown>;
let reel: Reel;

const emit = (event: TrainerEvent) => events.push(eventSchema.parse(event));
const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
  const mine = turn.then(work);
  turn = mine.catch(() => undefined);
  return mine;
};

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(() => {
  events = [];
  turn = Promise.resolve();
  reel = [0, 1, 2, 0];
  run = new TrainingRun(config, catalogue);
  videos = new Videos(emit, exclusively, async ({ name }) => {
    if (name !== 'reel.webm') throw new VideoRefused(name, 'not a video');
    return video(reel, { width: 24, height: 18 });
  });
  videos.follow(run, catalogue);
});

afterEach(async () => {
  videos.leave();
  await turn;
  run.dispose();
});

const open = (name = 'reel.webm') => videos.open(new File([], name));
const framesOf = (all: readonly TrainerEvent[]): VideoFrame[] =>
  all.flatMap((event) => (event.type === 'video-frame' ? [event.frame] : []));

async function look(change: Partial<VideoWish> = {}) {
  await open();
  events = [];
  await videos.look(5, { ...WISH, ...change });
  return framesOf(events);
}

function valuesOf(frame: VideoFrame | undefined): number[] {
  if (!frame) throw new Error('A frame is missing');
  const { shown } = frame;
  if (shown.show === 'heads') return [...shown.maps];
  if (shown.show === 'rollout') return [...shown.map];
  if (shown.show === 'colors') return [...shown.colors.rgba];
  throw new Error('Distances are not asked for');
}

describe('each frame', () => {
  it.each(['heads', 'rollout'] as const)('has the %s of the network opened up on it', async (show) => {
    const [, frame] = await look({ show, block: 0 });
    if (!frame) throw new Error('Nothing came');
    const { patchSize } = config.backbone;
    const held = run.hold();
    const rows = patchRows([rgbOf(frame.pixels)], patchSize);
    const grid = { rows: 4, columns: 6 };
    const between = async () => undefined;
    const opened = await openNetwork(held.student.parameters, vitShape(config.backbone), rows, grid, between);
    const wanted =
      show === 'heads' ? await tokenAttention(opened, 0, CLS) : await rollout(opened, 0, CLS, between);
    expect(frame.pixels).toEqual(picture(1, 24, 16));
    expect(valuesOf(frame)).toEqual([...wanted]);
    close(opened);
    run.release(held);
  });

  it('is told with its time, and its grid, through the network of one step', async () => {
    await (await run.advance()).figures;
    const frames = await look();
    expect(events[0]).toEqual({
      type: 'video-began',
      id: 5,
      look: {
        wish: WISH,
        step: 1,
        block: 1,
        blocks: 2,
        heads: 3,
        rows: 4,
        columns: 6,
        patchSize: 4,
        rate: 4,
        frames: 4,
        from: 0,
        to: 1,
        limit: null,
      },
    });
    expect(frames.map(({ index, time }) => [index, time])).toEqual([
      [0, 0],
      [1, 0.25],
      [2, 0.5],
      [3, 0.75],
    ]);
    expect(frames.map((frame) => valuesOf(frame).length)).toEqual([72, 72, 72, 72]);
    expect(valuesOf(frames[3])).toEqual(valuesOf(frames[0]));
    expect(valuesOf(frames[1])).not.toEqual(valuesOf(frames[0]));
    expect(events.at(-1)).toEqual({ type: 'video-ended', id: 5, reason: 'done', sentence: '' });
  });

  it('comes once where the video stands still', async () => {
    reel = [0, 0, 0, 1, 1];
    expect((await look()).map(({ index }) => index)).toEqual([0, 3]);
  });
});

it('colors like patches alike in all frames, whatever else is in them', async () => {
  const [first, second, , again] = await look({ show: 'colors' });
  expect(valuesOf(again)).toEqual(valuesOf(first));
  // By itself each frame would use its whole range; together they share one.
  reel = [1];
  const [alone] = await look({ show: 'colors' });
  expect(valuesOf(second)).not.toEqual(valuesOf(alone));
  expect(second?.shown).toMatchObject({ show: 'colors', colors: { width: 6, height: 4 } });
});

it('looks through the untrained network at any later step', async () => {
  const [before] = await look();
  await (await run.advance()).figures;
  const [untrained] = await look({ network: 'untrained' });
  const [now] = await look();
  expect(valuesOf(untrained)).toEqual(valuesOf(before));
  expect(valuesOf(now)).not.toEqual(valuesOf(before));
});

describe('it ends', () => {
  /** Looks, and does this once the first frame has come. */
  async function interrupted(how: () => void): Promise<TrainerEvent[]> {
    let done = false;
    const watched = new Videos(
      (event) => {
        emit(event);
        if (event.type === 'video-frame' && !done) {
          done = true;
          how();
        }
      },
      exclusively,
      async () => video(reel, { width: 24, height: 18 }),
    );
    videos = watched;
    watched.follow(run, catalogue);
    await open();
    events = [];
    await watched.look(5, WISH);
    return events;
  }

  it.each([
    ['cancelled', () => videos.cancel(5), 'cancelled', ''],
    [
      'with its run',
      () => videos.leave(),
      'failed',
      'The run was replaced meanwhile. Look again through the new one.',
    ],
    ['with a fault', () => videos.stop('The run stopped.'), 'failed', 'The run stopped.'],
  ] as const)('%s, at once', async (_, how, reason, sentence) => {
    await run.prepare();
    const before = tf.memory().numTensors;
    const told = await interrupted(how);
    expect(framesOf(told)).toHaveLength(1);
    expect(told.at(-1)).toEqual({ type: 'video-ended', id: 5, reason, sentence });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('where the video breaks off, with the frames before', async () => {
    reel = [0, 1, null, 2];
    expect(await look()).toHaveLength(2);
    expect(events.at(-1)).toEqual({
      type: 'video-ended',
      id: 5,
      reason: 'failed',
      sentence:
        '“reel.webm” breaks off here (nonsense). The frames before stay; what comes after is left out.',
    });
  });

  it('before it begins, in a sentence, without a video, without a run, and where it is too narrow', async () => {
    await videos.look(5, WISH);
    expect(events.at(-1)).toMatchObject({ reason: 'failed', sentence: 'Open a video first.' });
    await open('words.mp4');
    expect(events.at(-1)).toEqual({
      type: 'video-refused',
      sentence: '“words.mp4” cannot be looked at: not a video.',
    });
    await open();
    videos.leave();
    await videos.look(6, WISH);
    expect(events.at(-1)).toMatchObject({
      sentence: 'There is no network yet: bring in images first.',
    });
    const narrow = new Videos(emit, exclusively, async () => video([0], { width: 900, height: 2 }));
    narrow.follow(run, catalogue);
    await narrow.open(new File([], 'narrow.webm'));
    await narrow.look(7, WISH);
    expect(events.at(-1)).toMatchObject({
      reason: 'failed',
      sentence: expect.stringMatching(/^A picture of 900 × 2 px is too narrow: brought to 6 patches/),
    });
  });
});
