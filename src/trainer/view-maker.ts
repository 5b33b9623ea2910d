/** Makes views on the GPU, out of pixels that stay there as long as they fit. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Pixels } from '../core/pixels.ts';
import { JOB_WORDS, TABLES } from '../core/view-job.ts';
import type { ViewDraw } from '../data/crop-plan.ts';
import { axisTaps, chunkOf, JobList, mostTaps, tapWords, viewTables } from '../data/view-jobs.ts';
import type { GpuBackend } from '../ops/webgpu/backend.ts';
import { makeViews, rowsFor, type ViewGroup } from '../ops/webgpu/views.ts';
import { breathe } from './breathe.ts';
import { ResidentBuffer, WORD_BYTES } from './resident-buffer.ts';

export interface PlannedView {
  /** Position of the image. */
  id: number;
  draw: ViewDraw;
}

export interface ViewNeeds {
  /** Images of a step. */
  batch: number;
  /** Side of a patch. */
  patch: number;
  /** Views of a step, resolution by resolution, in the order of their jobs and rows. */
  resolutions: readonly { size: number; views: number }[];
  /** Most bytes of pixels on the GPU. */
  budgetBytes: number;
}

export class NoRoomError extends Error {
  constructor(readonly bytes: number) {
    super(`${bytes} bytes found no room on the GPU beside the rest of the batch: choose a smaller batch.`);
    this.name = 'NoRoomError';
  }
}

const MIB = 2 ** 20;
/** The weights of resizing may take this much: those of all lengths fit for images of up to about 1,800 px. */
const TAP_BYTES = 64 * MIB;
/** Lengths of an axis are told apart up to here. */
const LONGEST = 65_536;
/** Pixels are uploaded in pieces of this size, with commands let in between. */
const PIECE_BYTES = 8 * MIB;

export class ViewMaker {
  private readonly backend: GpuBackend;
  private readonly images: readonly Pixels[];
  private readonly groups: readonly ViewGroup[];
  private readonly pixels: ResidentBuffer;
  private readonly taps: ResidentBuffer;
  private readonly tables: TensorInfo;
  private readonly jobs: TensorInfo;
  private readonly list: JobList;

  /** Null where the GPU has too little memory, or a batch does not fit the budget. */
  static async open(
    backend: GpuBackend,
    images: readonly Pixels[],
    needs: ViewNeeds,
  ): Promise<ViewMaker | null> {
    const { maxStorageBufferBindingSize, maxBufferSize } = backend.device.limits;
    const limit = Math.min(maxStorageBufferBindingSize, maxBufferSize);
    const sides = images.map(({ width, height }) => Math.max(width, height));
    const longest = sides.reduce((most, side) => Math.max(most, side), 1);
    const jobs = needs.resolutions.reduce((sum, { views }) => sum + views, 0);
    const pixelWords = roomFor(
      images.map(({ width, height }) => width * height),
      needs.batch,
      Math.min(needs.budgetBytes, limit),
    );
    const tapCount = roomFor(
      needs.resolutions.flatMap(({ size }) =>
        Array.from({ length: longest }, (_, i) => tapWords(i + 1, size)),
      ),
      2 * jobs,
      Math.min(TAP_BYTES, limit),
    );
    if (pixelWords === null || tapCount === null || longest >= LONGEST) return null;
    const pixels = await ResidentBuffer.open(backend, pixelWords);
    const taps = await ResidentBuffer.open(backend, tapCount);
    if (pixels && taps) {
      const maker = new ViewMaker(backend, images, pixels, taps, needs, longest);
      await maker.uploadAhead();
      return maker;
    }
    pixels?.dispose();
    taps?.dispose();
    return null;
  }

  private constructor(
    backend: GpuBackend,
    images: readonly Pixels[],
    pixels: ResidentBuffer,
    taps: ResidentBuffer,
    { resolutions, patch }: ViewNeeds,
    longest: number,
  ) {
    this.backend = backend;
    this.images = images;
    this.pixels = pixels;
    this.taps = taps;
    let firstJob = 0;
    let firstValue = 0;
    this.groups = resolutions
      .filter(({ views }) => views > 0)
      .map(({ size, views }) => {
        const rows = rowsFor(backend, size, longest, mostTaps(longest, size));
        const chunks = Math.ceil(size / chunkOf(longest, size, rows));
        const group = { size, patch, views, firstJob, firstValue, rows, chunks };
        firstJob += views;
        firstValue += views * 3 * size * size;
        return group;
      });
    this.list = new JobList(firstJob);
    this.jobs = backend.output([firstJob, JOB_WORDS], 'int32');
    this.tables = backend.output([TABLES.words], 'int32');
    backend.write32(this.tables, viewTables());
  }

  /** Bytes of pixels and weights that were uploaded so far. */
  get uploaded(): number {
    return this.pixels.uploaded + this.taps.uploaded;
  }

  /**
   * Uploads the jobs, and whatever of their pixels is not there. The views come in the order of the resolutions.
   * @throws NoRoomError when the views need more images than a batch has.
   */
  load(views: readonly PlannedView[]): void {
    this.pixels.nextTurn();
    this.taps.nextTurn();
    for (const { size, views: count, firstJob, rows } of this.groups)
      for (let job = firstJob; job < firstJob + count; job++) {
        const view = views[job];
        if (!view) throw new RangeError(`View ${job} of ${this.list.count} is missing`);
        this.setJob(job, view, size, rows);
      }
    this.backend.write32(this.jobs, this.list.words);
  }

  /** Writes the normalised rows of the views that were loaded last; only dispatches, so that it can be recorded. */
  make(patches: TensorInfo): void {
    const { jobs, tables } = this;
    const buffers = { jobs, tables, pixels: this.pixels.binding, taps: this.taps.binding };
    for (const group of this.groups) makeViews(this.backend, group, buffers, patches);
  }

  dispose(): void {
    this.pixels.dispose();
    this.taps.dispose();
    this.backend.disposeData(this.tables.dataId);
    this.backend.disposeData(this.jobs.dataId);
  }

  private setJob(job: number, { id, draw }: PlannedView, size: number, rows: number): void {
    const image = this.images[id];
    if (!image) throw new RangeError(`There is no image ${id}`);
    this.list.set(job, draw, {
      image: this.placed(this.pixels, id, image.width * image.height, () => image.rgba),
      stride: image.width,
      across: this.tapsOf(draw.box.width, size),
      down: this.tapsOf(draw.box.height, size),
      chunk: chunkOf(draw.box.height, size, rows),
    });
  }

  private tapsOf(from: number, to: number): number {
    return this.placed(this.taps, to * LONGEST + from, tapWords(from, to), () => axisTaps(from, to));
  }

  private placed(
    buffer: ResidentBuffer,
    key: number,
    words: number,
    contents: () => ArrayBufferView<ArrayBuffer>,
  ): number {
    const start = buffer.place(key, words, contents);
    if (start === null) throw new NoRoomError(words * WORD_BYTES);
    return start;
  }

  /** Fills the budget, so that steps upload nothing where all images fit. */
  private async uploadAhead(): Promise<void> {
    this.pixels.nextTurn();
    let paused = 0;
    for (const [id, { width, height, rgba }] of this.images.entries()) {
      if (this.pixels.place(id, width * height, () => rgba) === null) return;
      if (this.pixels.uploaded - paused < PIECE_BYTES) continue;
      paused = this.pixels.uploaded;
      await breathe();
    }
  }
}

/** Words for all parts, or for as many as the bytes allow; null where `atOnce` of them could be without room. */
function roomFor(parts: readonly number[], atOnce: number, bytes: number): number | null {
  const all = parts.reduce((sum, words) => sum + words, 0);
  const largest = parts.reduce((most, words) => Math.max(most, words), 0);
  const most = Math.floor(bytes / WORD_BYTES);
  if (all <= most) return Math.max(all, 1);
  return most >= 2 * atOnce * largest ? most : null;
}
