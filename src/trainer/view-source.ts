/** Who makes the views of a run: the GPU, workers beside the trainer, or the trainer itself. All give the same rows. */
import type * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { rowSide } from '../model/shapes.ts';
import { upload } from '../ops/assign.ts';
import { type TokenLayout, tokenLayout } from '../ops/layout.ts';
import { gpuBackend } from '../ops/webgpu/backend.ts';
import { ViewMaker } from './view-maker.ts';
import { type Batch, batchPlan, packViews, planViews, resolutions, rowsLength } from './view-plan.ts';
import { type Rows, type ViewWorker, ViewWorkers } from './view-workers.ts';

/** One way of making views. */
interface ViewSource {
  /** Resolves when `fill` would not have to wait. */
  ready(step: number): Promise<void>;
  /**
   * Uploads what `step` needs. The rows [Σ sequences·patches, 3·patch²] are in `patches` afterwards, or after `make`: view
   * by view, global views first, each of all images.
   */
  fill(step: number, patches: tf.Tensor2D): Promise<void>;
  /** What the device does to make the views: nothing but dispatches, which belong into the recorded step. */
  make(patches: tf.Tensor2D): void;
  dispose(): void;
}

export type ViewMeans = 'gpu' | 'workers' | 'inline';

const MIB = 2 ** 20;
/** Pixels on the GPU beside the network; what is over it is uploaded when it is needed. */
const GPU_PIXEL_BYTES = 512 * MIB;
/** Views are made faster than steps almost everywhere; a second worker is for large ones. */
const MOST_WORKERS = 2;

/** The views of a run, made in whatever way is best here; in the trainer itself until `prepare` has found a better one. */
export class RunViews implements ViewSource {
  readonly layout: TokenLayout;
  /** Numbers of a row: of a patch, or for a ResNet of a pixel. */
  readonly patchInputs: number;
  private readonly config: RunConfig;
  private readonly catalogue: Catalogue;
  private readonly batchOf: (step: number) => Batch;
  private source: ViewSource;
  private way: ViewMeans = 'inline';

  constructor(catalogue: Catalogue, config: RunConfig, stepsPerEpoch: number) {
    const square = rowSide(config.backbone);
    this.config = config;
    this.catalogue = catalogue;
    this.layout = tokenLayout(
      resolutions(config).map(({ size, views }) => ({
        sequences: views,
        rows: size / square,
        columns: size / square,
      })),
    );
    this.patchInputs = 3 * square ** 2;
    const planOf = batchPlan(config, catalogue.trainCount, stepsPerEpoch);
    this.batchOf = (step) => {
      const { epoch, ids } = planOf(step);
      return { epoch, images: ids.map((id) => imageOf(catalogue, id)) };
    };
    this.source = new InlineViews(config, this.batchOf);
  }

  /** Who makes them. */
  get means(): ViewMeans {
    return this.way;
  }

  /** Finds the best way that this machine has, from `step` on. `workers` overrules how many are started. */
  async prepare(step: number, workers = workersHere(), makeWorker?: () => ViewWorker): Promise<void> {
    if (this.way !== 'inline') return;
    const { config, batchOf } = this;
    const gpu = await this.openOnGpu();
    if (gpu) {
      this.source = gpu;
      this.way = 'gpu';
    } else if (workers > 0) {
      this.source = new WorkerViews(
        config,
        batchOf,
        new ViewWorkers(config, batchOf, workers, makeWorker),
        step,
      );
      this.way = 'workers';
    }
  }

  ready(step: number): Promise<void> {
    return this.source.ready(step);
  }

  fill(step: number, patches: tf.Tensor2D): Promise<void> {
    return this.source.fill(step, patches);
  }

  make(patches: tf.Tensor2D): void {
    this.source.make(patches);
  }

  dispose(): void {
    this.source.dispose();
  }

  /** A software adapter has the processor's cores alone, and there workers are several times faster than the kernel. */
  private async openOnGpu(): Promise<GpuViews | null> {
    const backend = gpuBackend();
    if (!backend || backend.traits.software) return null;
    const { catalogue, config, batchOf } = this;
    const maker = await ViewMaker.open(backend, catalogue.images.slice(0, catalogue.trainCount), {
      batch: config.training.batchSize,
      patch: rowSide(config.backbone),
      resolutions: resolutions(config),
      budgetBytes: GPU_PIXEL_BYTES,
    });
    return maker && new GpuViews(config, batchOf, maker);
  }
}

function imageOf({ images }: Catalogue, id: number): Batch['images'][number] {
  const image = images[id];
  if (!image) throw new RangeError(`There is no image ${id}`);
  const { width, height, rgba } = image;
  return { id, width, height, rgba };
}

/** One processor is the trainer's. */
function workersHere(): number {
  if (typeof Worker === 'undefined') return 0;
  return Math.max(0, Math.min(MOST_WORKERS, navigator.hardwareConcurrency - 1));
}

class InlineViews implements ViewSource {
  private rows: Rows | null = null;

  constructor(
    private readonly config: RunConfig,
    private readonly batchOf: (step: number) => Batch,
  ) {}

  async ready(): Promise<void> {}

  async fill(step: number, patches: tf.Tensor2D): Promise<void> {
    this.rows ??= new Float32Array(rowsLength(this.config));
    packViews(this.config, this.batchOf(step), this.rows);
    upload(patches, this.rows);
  }

  make(): void {}

  dispose(): void {}
}

class WorkerViews implements ViewSource {
  constructor(
    private readonly config: RunConfig,
    private readonly batchOf: (step: number) => Batch,
    private readonly workers: ViewWorkers,
    first: number,
  ) {
    workers.begin(first);
  }

  ready(step: number): Promise<void> {
    return this.workers.made(step);
  }

  async fill(step: number, patches: tf.Tensor2D): Promise<void> {
    const { workers } = this;
    const rows = (await workers.take(step)) ?? this.inline(step);
    upload(patches, rows);
    workers.giveBack(rows);
    workers.begin(step + 1);
  }

  make(): void {}

  dispose(): void {
    this.workers.dispose();
  }

  private inline(step: number): Rows {
    const rows = this.workers.memory();
    packViews(this.config, this.batchOf(step), rows);
    return rows;
  }
}

class GpuViews implements ViewSource {
  constructor(
    private readonly config: RunConfig,
    private readonly batchOf: (step: number) => Batch,
    private readonly maker: ViewMaker,
  ) {}

  async ready(): Promise<void> {}

  async fill(step: number): Promise<void> {
    this.maker.load(
      planViews(this.config, this.batchOf(step)).map(({ image, draw }) => ({ id: image.id, draw })),
    );
  }

  make(patches: tf.Tensor2D): void {
    this.maker.make(patches);
  }

  dispose(): void {
    this.maker.dispose();
  }
}
