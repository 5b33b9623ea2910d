/** Maps of the images in the plane: what is asked for, how a layout forms, and what is worth knowing of it. */
import { z } from 'zod';
import { floatsSchema } from './values.ts';

/** Images that a map or an export may have. */
export const MOST_MAPPED = 10_000;
export const FEWEST_MAPPED = 10;

export const projectionSchema = z.discriminatedUnion('method', [
  z.object({ method: z.literal('pca') }),
  z.object({ method: z.literal('tsne'), perplexity: z.number().min(2).max(200) }),
  z.object({
    method: z.literal('umap'),
    neighbors: z.int().min(2).max(200),
    minDist: z.number().min(0).max(0.99),
  }),
]);
export type Projection = z.output<typeof projectionSchema>;

/** Whose features, and of how many images: all there are, or a sample of so many. */
const source = {
  network: z.enum(['teacher', 'student', 'untrained']),
  images: z.int().min(FEWEST_MAPPED).max(MOST_MAPPED),
};
export const mapWishSchema = z.object({ ...source, projection: projectionSchema, seed: z.int().min(0) });
export type MapWish = z.output<typeof mapWishSchema>;

const integersSchema = z.instanceof(Int32Array<ArrayBuffer>);

/** The images of a map, in the order of its points. */
export const mapImagesSchema = z.object({
  ids: integersSchema,
  /** Images that it was chosen from. */
  of: z.int(),
  classes: z.array(z.string()),
  /** Index into `classes`; −1 without a label. */
  labels: integersSchema,
  folders: z.array(z.string()),
  /** Index into `folders`. */
  folderOf: integersSchema,
});
export type MapImages = z.output<typeof mapImagesSchema>;

export const mapResultSchema = z.object({
  wish: mapWishSchema,
  /** What was done where the images did not allow what was asked for. */
  used: projectionSchema,
  step: z.int(),
  ids: integersSchema,
  /** [n, 2] */
  positions: floatsSchema,
  /** Of k-means on the features. [n] */
  clusters: integersSchema,
  seconds: z.number(),
  /** Share of the variance along both axes; null for what has no such axes. */
  explained: z.array(z.number()).nullable(),
  /** Against the features, at the k nearest of `checked` images; null for very few images. */
  faithfulness: z
    .object({
      k: z.int(),
      checked: z.int(),
      trustworthiness: z.number(),
      kept: z.number(),
      agreement: z.object({ features: z.number(), map: z.number(), n: z.int() }).nullable(),
    })
    .nullable(),
});
export type MapResult = z.output<typeof mapResultSchema>;

export const mapCommands = [
  /**
   * Answered by 'map-images', then by 'map-positions' as the layout forms, by 'map', and always by 'map-ended'. It ends
   * the map before it. The layout starts from `start` and is laid over it, where that is of the same images.
   */
  z.object({
    type: z.literal('map'),
    id: z.int(),
    wish: mapWishSchema,
    start: z.object({ ids: integersSchema, positions: floatsSchema }).nullable(),
  }),
  /** Features, labels and thumbnails for TensorBoard. Answered by 'projector', and always by 'map-ended'. */
  z.object({ type: z.literal('export-projector'), id: z.int(), ...source }),
  z.object({ type: z.literal('cancel-map'), id: z.int() }),
] as const;

export const mapEvents = [
  /** Share done of the present stage, 0 to 1; null where nobody knows. */
  z.object({ type: z.literal('map-progress'), id: z.int(), text: z.string(), share: z.number().nullable() }),
  z.object({ type: z.literal('map-images'), id: z.int(), step: z.int(), images: mapImagesSchema }),
  z.object({ type: z.literal('map-positions'), id: z.int(), positions: floatsSchema }),
  z.object({ type: z.literal('map'), id: z.int(), result: mapResultSchema }),
  /** A zip file. */
  z.object({
    type: z.literal('projector'),
    id: z.int(),
    step: z.int(),
    bytes: z.instanceof(Uint8Array<ArrayBuffer>),
  }),
  /** The sentence says why, where it was not done. */
  z.object({
    type: z.literal('map-ended'),
    id: z.int(),
    reason: z.enum(['done', 'cancelled', 'failed']),
    sentence: z.string(),
  }),
] as const;
