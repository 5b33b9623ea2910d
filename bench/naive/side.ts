/** The naive side of the contest: stock tfjs, nothing of this project's kernels or backends. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendName, Begun, Memory, Opened, Request } from '../contestant.ts';
import { watchDevice } from '../gpu-watch.ts';
import { runSteps, type WatchedDevice } from '../pace.ts';
import { wasmBytes } from '../wasm-bytes.ts';
import type { NaiveStart, StepInputs } from './inputs.ts';
import { NaiveRun } from './step.ts';

/** Starts tfjs's own backend in this place, and says what it runs on. */
export type StartStock = (
  backend: BackendName,
  threads: number,
) => Promise<Pick<Opened, 'adapter' | 'software' | 'threads'>>;

/** tfjs answers false without a word and leaves another backend active. */
export async function activateStock(name: BackendName): Promise<void> {
  await tf.setBackend(name);
  await tf.ready();
  if (tf.getBackend() !== name) throw new RangeError(`tfjs runs on ${tf.getBackend()}, not on ${name}`);
}

export class NaiveSide {
  private readonly startStock: StartStock;
  private device: WatchedDevice | null = null;
  private run: NaiveRun | null = null;
  private inputs: StepInputs[] = [];
  private step = 0;

  constructor(startStock: StartStock) {
    this.startStock = startStock;
  }

  async answer(request: Request): Promise<unknown> {
    switch (request.ask) {
      case 'open':
        return this.open(request.backend, request.threads);
      case 'begin': {
        const { config, given } = request;
        if (!given) throw new RangeError('The naive run needs weights and views to start from');
        return this.begin({ settings: config, ...given.start }, given.inputs);
      }
      case 'run':
        return runSteps(request, this.device, async () => ({ loss: this.next() }));
      case 'memory':
        return this.memory();
      case 'end':
        this.run?.dispose();
        this.run = null;
        return null;
      default:
        throw new RangeError(`The naive side cannot answer "${request.ask}"`);
    }
  }

  private async open(backend: BackendName, threads: number): Promise<Opened> {
    const at = performance.now();
    const opened = await this.startStock(backend, threads);
    const present = tf.backend();
    const device: unknown = Reflect.get(present, 'device');
    if (backend === 'webgpu' && device instanceof GPUDevice)
      this.device = { queue: device.queue, watch: watchDevice(device) };
    return { ...opened, milliseconds: performance.now() - at };
  }

  private begin(start: NaiveStart, inputs: StepInputs[]): Begun {
    const at = performance.now();
    this.run = new NaiveRun(start);
    this.inputs = inputs;
    this.step = 0;
    const parameters = start.parameters.reduce((sum, { values }) => sum + values.length, 0);
    return { parameters, milliseconds: performance.now() - at };
  }

  private next(): Promise<number> {
    const inputs = this.inputs[this.step++ % this.inputs.length];
    if (!this.run || !inputs) throw new RangeError('No run has begun');
    return this.run.step(inputs);
  }

  private memory(): Memory {
    return { peakBytes: this.device ? this.device.watch.peakBytes : wasmBytes(tf.backend()) };
  }
}
