/** Looking at a video, frame after frame: what is asked, and what the trainer answers. */
import { z } from 'zod';
import { lookSchema, shownSchema } from './looks.ts';
import { pixelsSchema } from './values.ts';

export const videoWishSchema = z.object({
  network: lookSchema.shape.network,
  /** From 0; null for the last. */
  block: lookSchema.shape.block,
  show: z.enum(['heads', 'rollout', 'colors']),
  /** Patches of the longer side, at most; null for the square that training sees. */
  patches: z.int().min(1).max(60).nullable(),
  /** Frames a second. */
  rate: z.number().positive(),
  /** Seconds from the video's beginning. */
  start: z.number().min(0),
});
export type VideoWish = z.output<typeof videoWishSchema>;

export const videoSchema = z.object({
  name: z.string(),
  /** Pixels, as a player shows it: upright, of square pixels. */
  width: z.int(),
  height: z.int(),
  seconds: z.number(),
  /** Mean frames a second; 0 for a single frame. */
  rate: z.number(),
  /** "VP9", "H.264" */
  codec: z.string(),
});
export type Video = z.output<typeof videoSchema>;

export const videoLookSchema = z.object({
  wish: videoWishSchema,
  step: z.int(),
  /** The block that is looked at, from 0, and how many there are. */
  block: z.int(),
  blocks: z.int(),
  heads: z.int(),
  rows: z.int(),
  columns: z.int(),
  /** Side of a patch, pixels. */
  patchSize: z.int(),
  /** Moments a second whose frames are looked at. */
  rate: z.number(),
  /** How many moments. */
  frames: z.int(),
  /** The part of the video that they stand for, seconds. */
  from: z.number(),
  to: z.number(),
  /** Why the rest is left out. */
  limit: z.enum(['frames', 'memory']).nullable(),
});
export type VideoLook = z.output<typeof videoLookSchema>;

export const videoFrameSchema = z.object({
  /** Which of the moments, from 0. Where the video stands still for longer, there is one frame for several. */
  index: z.int(),
  /** From here on it is shown, seconds from the video's beginning. */
  time: z.number(),
  /** What the network saw, before normalisation. */
  pixels: pixelsSchema,
  /** Colors have one basis for the whole video. */
  shown: shownSchema,
});
export type VideoFrame = z.output<typeof videoFrameSchema>;

export const videoCommands = [
  /** Answered by 'video' or 'video-refused'. It ends what is under way on the video before. */
  z.object({ type: z.literal('open-video'), file: z.instanceof(File) }),
  /** Answered by 'video-began', a 'video-frame' each and 'video-ended' with the same id. It ends the one before it. */
  z.object({ type: z.literal('look-at-video'), id: z.int(), wish: videoWishSchema }),
  z.object({ type: z.literal('cancel-video'), id: z.int() }),
] as const;

export const videoEvents = [
  z.object({ type: z.literal('video'), video: videoSchema }),
  z.object({ type: z.literal('video-refused'), sentence: z.string() }),
  z.object({ type: z.literal('video-began'), id: z.int(), look: videoLookSchema }),
  z.object({
    type: z.literal('video-frame'),
    id: z.int(),
    frame: videoFrameSchema,
    /** Estimated from the frames so far. */
    secondsLeft: z.number(),
  }),
  /** A sentence for the person where it did not come to its end. */
  z.object({
    type: z.literal('video-ended'),
    id: z.int(),
    reason: z.enum(['done', 'cancelled', 'failed']),
    sentence: z.string(),
  }),
] as const;
