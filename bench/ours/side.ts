/** This project's side of the contest: a run exactly as the trainer runs it. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../src/config/schema.ts';
import { gpuBackend } from '../../src/ops/webgpu/backend.ts';
import { TrainingRun } from '../../src/trainer/training-run.ts';
import { sampleCatalogue } from '../../tools/sample-catalogue.ts';
import type { BackendName, Begun, Memory, Opened, Request } from '../contestant.ts';
import { watchDevice } from '../gpu-watch.ts';
import { runSteps, type WatchedDevice } from '../pace.ts';
import { peakOf } from '../peak/peak.ts';
import { wasmBytes } from '../wasm-bytes.ts';
import { givenBy } from './given.ts';
import { profileOf } from './profile.ts';

/** Starts the backend as the trainer does in this place. */
export type OpenBackend = (
  backend: BackendName,
  threads: number,
) => Promise<Pick<Opened, 'adapter' | 'software' | 'threads'>>;

export class OurSide {
  private readonly openBackend: OpenBackend;
  private device: WatchedDevice | null = null;
  private run: TrainingRun | null = null;

  constructor(openBackend: OpenBackend) {
    this.openBackend = openBackend;
  }

  async answer(request: Request): Promise<unknown> {
    switch (request.ask) {
      case 'open':
        return this.open(request.backend, request.threads);
      case 'begin':
        return this.prepare(request.config, request.images);
      case 'given':
        return givenBy(request.config, sampleCatalogue(request.images, 0), request.steps);
      case 'run':
        return runSteps(
          request,
          this.device,
          async () => {
            const { figures } = await this.begun.advance();
            return { loss: figures.then(({ loss }) => loss) };
          },
          () => this.begun.viewsReady(),
        );
      case 'memory':
        return this.memory();
      case 'peak':
        return peakOf(request.config);
      case 'profile':
        return profileOf(request.config, request.images);
      case 'end':
        this.begun.dispose();
        this.run = null;
        return null;
      default:
        return request satisfies never;
    }
  }

  private async open(backend: BackendName, threads: number): Promise<Opened> {
    const at = performance.now();
    const opened = await this.openBackend(backend, threads);
    const device = gpuBackend()?.device;
    this.device = device ? { queue: device.queue, watch: watchDevice(device) } : null;
    return { ...opened, milliseconds: performance.now() - at };
  }

  private async prepare(config: RunConfig, images: number): Promise<Begun> {
    const catalogue = sampleCatalogue(images, 0);
    const at = performance.now();
    const run = new TrainingRun(config, catalogue);
    await run.prepare();
    this.run = run;
    return { parameters: run.parameters, milliseconds: performance.now() - at };
  }

  private memory(): Memory {
    return { peakBytes: this.device ? this.device.watch.peakBytes : wasmBytes(tf.backend()) };
  }

  private get begun(): TrainingRun {
    if (!this.run) throw new RangeError('No run has begun');
    return this.run;
  }
}
