/** A video's frames as they come, the player's place among them, and what is said of them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { apply } from '../../../src/state/apply.ts';
import { connect } from '../../../src/state/conversation.ts';
import { datasetStore } from '../../../src/state/dataset.ts';
import { cancelVideo, openMedia, startVideoLooking } from '../../../src/state/video-looking.ts';
import { clock, lookInWords, progressInWords, videoInWords } from '../../../src/state/video-text.ts';
import {
  beginVideoLook,
  isOutdated,
  pauseVideo,
  placeOf,
  play,
  playOn,
  secondsOf,
  showFrame,
  videosStore,
  wishForVideo,
} from '../../../src/state/videos.ts';
import { freshStores, RecordingTrainer, summary } from './stores.ts';
import { videoFrame, videoLook } from './video-example.ts';

const VIDEO = { name: 'a.webm', width: 1920, height: 1080, seconds: 75.25, rate: 29.97, codec: 'VP9' };

beforeEach(freshStores);

/** These of the eight frames have come. */
function come(...indexes: number[]): void {
  beginVideoLook(3);
  apply({ type: 'video-began', id: 3, look: videoLook });
  for (const index of indexes)
    apply({ type: 'video-frame', id: 3, frame: videoFrame(index), secondsLeft: 7 - index });
}

const place = () => placeOf(videosStore.getState());

describe('frames', () => {
  it('are taken of the look under way alone', () => {
    come(0, 1);
    apply({ type: 'video-frame', id: 2, frame: videoFrame(5), secondsLeft: 0 });
    apply({ type: 'video-ended', id: 2, reason: 'failed', sentence: 'Of the one before.' });
    expect(videosStore.getState()).toMatchObject({
      look: videoLook,
      awaited: 3,
      secondsLeft: 6,
      sentence: null,
    });
    expect(videosStore.getState().frames.map(({ index }) => index)).toEqual([0, 1]);
    apply({ type: 'video-ended', id: 3, reason: 'failed', sentence: 'It breaks off.' });
    expect(videosStore.getState()).toMatchObject({ awaited: null, sentence: 'It breaks off.' });
    expect(videosStore.getState().frames).toHaveLength(2);
  });

  it('are void with the run, whose successor is looked through in their place', () => {
    apply({ type: 'video', video: VIDEO });
    come(0, 1);
    apply({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
    expect(videosStore.getState()).toMatchObject({ video: VIDEO, look: null, frames: [], fresh: true });
  });

  it('stand until the next other one, the last until the end', () => {
    come(0, 1, 4);
    expect([0, 1, 2].map((i) => secondsOf(videosStore.getState(), i))).toEqual([0.25, 0.75, 1]);
  });
});

describe('the player', () => {
  it('goes with the newest frame until somebody takes it elsewhere', () => {
    come();
    expect(place()).toBe(-1);
    come(0, 1);
    expect(place()).toBe(1);
    showFrame(0);
    apply({ type: 'video-frame', id: 3, frame: videoFrame(2), secondsLeft: 0 });
    expect(place()).toBe(0);
  });

  it('plays from the beginning once at the end, waits for frames to come, and begins again', () => {
    come(0, 1);
    play();
    expect(place()).toBe(0);
    playOn();
    playOn();
    expect(place()).toBe(1);
    apply({ type: 'video-ended', id: 3, reason: 'done', sentence: '' });
    playOn();
    expect(place()).toBe(0);
    expect(videosStore.getState().playing).toBe(true);
    pauseVideo();
    expect(videosStore.getState()).toMatchObject({ playing: false, place: 0 });
  });
});

it('knows when the frames were looked at with something else than is wished for', () => {
  come(0);
  const outdated = () => isOutdated(videosStore.getState());
  expect(outdated()).toBe(false);
  wishForVideo({ block: 3 });
  expect(outdated()).toBe(false);
  for (const change of [
    { block: 2 },
    { show: 'colors' },
    { network: 'student' },
    { rate: 8 },
    { start: 1 },
  ] as const) {
    wishForVideo(change);
    expect(outdated(), JSON.stringify(change)).toBe(true);
    wishForVideo(videoLook.wish);
  }
});

describe('asking', () => {
  it('looks at a video of its own accord once it is open and there is a network, and cancels', () => {
    const trainer = new RecordingTrainer();
    const end = connect(trainer);
    const stop = startVideoLooking();
    apply({ type: 'video', video: VIDEO });
    expect(trainer.typesSent()).toEqual([]);
    datasetStore.setState({ summary });
    expect(trainer.sent).toEqual([{ type: 'look-at-video', id: expect.any(Number), wish: videoLook.wish }]);
    const { awaited } = videosStore.getState();
    cancelVideo();
    expect(trainer.sent.at(-1)).toEqual({ type: 'cancel-video', id: awaited });
    apply({ type: 'video-ended', id: awaited ?? -1, reason: 'cancelled', sentence: '' });
    expect(trainer.sent).toHaveLength(2);
    stop();
    end();
  });

  it.each([
    ['a WebM by its content', [0x1a, 0x45, 0xdf, 0xa3], '', 'open-video'],
    ['an MP4 by its content', [0, 0, 0, 0x18, ...Buffer.from('ftypisom')], '', 'open-video'],
    [
      'a PNG, whatever it is called',
      [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
      'video/mp4',
      'open-photo',
    ],
    ['words that are called a video', [...Buffer.from('words')], 'video/mp4', 'open-video'],
    ['words', [...Buffer.from('words')], 'text/plain', 'open-photo'],
  ])('opens %s', async (_, bytes, type, wanted) => {
    const trainer = new RecordingTrainer();
    const end = connect(trainer);
    await openMedia(new File([Uint8Array.from(bytes)], 'a', { type }));
    expect(trainer.typesSent()).toEqual([wanted]);
    end();
  });
});

describe('in words', () => {
  it('says what the video is', () => {
    expect(videoInWords(VIDEO)).toBe('1,920 × 1,080 px, VP9, 30 frames a second, 1:15.3');
    expect(videoInWords({ ...VIDEO, rate: 0 })).toBe('1,920 × 1,080 px, VP9, one frame');
    expect([0, 9.96, 59.96, 600].map(clock)).toEqual(['0:00.0', '0:10.0', '1:00.0', '10:00.0']);
  });

  it('says what is looked at, and what is left out and why', () => {
    const whole = { ...videoLook, frames: 8 };
    expect(lookInWords(whole, { ...VIDEO, seconds: 2 }, null)).toBe(
      '2 × 1 patches of 4 px; 8 frames, 4 a second: the whole video.',
    );
    expect(lookInWords(whole, { ...VIDEO, seconds: 2 }, 3)).toBe(
      '2 × 1 patches of 4 px; 8 moments, 4 a second, with 3 different frames: the whole video.',
    );
    expect(lookInWords({ ...whole, frames: 240, from: 5, to: 65, limit: 'frames' }, VIDEO, null)).toBe(
      '2 × 1 patches of 4 px; 240 frames, 4 a second: 0:05.0 to 1:05.0 of 1:15.3. The rest is left out, as 240 frames are the most: take fewer a second, or begin later.',
    );
    expect(lookInWords({ ...whole, limit: 'memory' }, VIDEO, null)).toContain(
      'The rest is left out, as these take the 256 MiB that there are for frames and maps',
    );
  });

  it('says how far it is', () => {
    expect(progressInWords(null, [], null)).toBe('Waits for its turn…');
    expect(progressInWords(videoLook, [], null)).toBe('Frame 1 of 8…');
    expect(progressInWords(videoLook, [videoFrame(0), videoFrame(4)], 3.2)).toBe('Frame 5 of 8, 4 s left');
  });
});
