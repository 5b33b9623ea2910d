/** A step as a fixed list of dispatches: recorded once, replayed in one pass and one submit. */
import type { GpuBackend } from './backend.ts';
import type { Arena } from './buffers.ts';

interface RecordedDispatch {
  pipeline: GPUComputePipeline;
  group: GPUBindGroup;
  x: number;
  y: number;
  z: number;
}

/** What was recorded cannot be replayed: `what` names the operation that happens outside of a compute pass. */
export class RecordingError extends Error {
  readonly what: string;
  constructor(what: string) {
    super(`The step cannot be recorded: it ${what}`);
    this.name = 'RecordingError';
    this.what = what;
  }
}

/** Listens to the passes of a step. */
export class Recorder {
  readonly dispatches: RecordedDispatch[] = [];
  private pipeline: GPUComputePipeline | null = null;
  private group: GPUBindGroup | null = null;

  /** @throws RecordingError always: called for what a replay would leave out. */
  refuse(what: string): never {
    throw new RecordingError(what);
  }

  /** Notes what is to be encoded into the pass from now on, and leaves the pass empty. */
  listen(pass: GPUComputePassEncoder): void {
    pass.setPipeline = (pipeline) => {
      this.pipeline = pipeline;
    };
    pass.setBindGroup = (_index: number, group: GPUBindGroup | null | undefined) => {
      this.group = group ?? null;
    };
    pass.dispatchWorkgroups = (x, y = 1, z = 1) => {
      if (this.pipeline && this.group)
        this.dispatches.push({ pipeline: this.pipeline, group: this.group, x, y, z });
    };
  }
}

export class Recording<T> {
  /** What the recorded work returned; its tensors lie in the recording's memory and are written by every replay. */
  readonly result: T;
  private readonly backend: GpuBackend;
  private readonly list: readonly RecordedDispatch[];
  private readonly arena: Arena;

  constructor(backend: GpuBackend, list: readonly RecordedDispatch[], arena: Arena, result: T) {
    this.backend = backend;
    this.list = list;
    this.arena = arena;
    this.result = result;
  }

  get dispatches(): number {
    return this.list.length;
  }

  /** Bytes that only this recording uses. */
  get bytes(): number {
    return this.arena.bytes;
  }

  /** Does the work again, with whatever the input tensors hold by now. */
  replay(): void {
    this.backend.flush();
    const { device } = this.backend;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    let set: GPUComputePipeline | null = null;
    for (const { pipeline, group, x, y, z } of this.list) {
      if (pipeline !== set) pass.setPipeline(pipeline);
      set = pipeline;
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(x, y, z);
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  dispose(): void {
    this.backend.pool.dropArena(this.arena);
  }
}

/**
 * Records `work` and runs it, by a first replay. Everything that it uploads must be there beforehand, so run it once
 * before: constants are uploaded then. Tensors that outlive `work` must be changed in place only.
 * @throws RecordingError when `work` does something that a replay would leave out; nothing has then been computed.
 */
export function record<T>(backend: GpuBackend, work: () => T): Recording<T> {
  backend.flush();
  const recorder = new Recorder();
  const arena = backend.pool.openArena();
  backend.recorder = recorder;
  let result: T;
  try {
    result = work();
    backend.flush();
  } catch (error) {
    backend.flush();
    backend.pool.dropArena(arena);
    throw error;
  } finally {
    backend.recorder = null;
    backend.pool.closeArena();
  }
  const recording = new Recording(backend, recorder.dispatches, arena, result);
  recording.replay();
  return recording;
}
