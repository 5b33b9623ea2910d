/** Runs a step again and again: on WebGPU recorded once and then replayed, elsewhere as it is. */
import { type GpuBackend, gpuBackend } from '../ops/webgpu/backend.ts';
import { type Recording, RecordingError, record } from '../ops/webgpu/recording.ts';

export class StepRunner {
  /** Why the step is not replayed where it could be; null while there is no reason. */
  refusal: string | null = null;
  /** The step as it is. */
  readonly step: () => void;
  private readonly wanted: boolean;
  private recording: Recording<void> | null = null;
  private done = 0;

  /** `step` reads and changes only tensors that stay. With `wanted` false it is never recorded. */
  constructor(step: () => void, wanted = true) {
    this.step = step;
    this.wanted = wanted;
  }

  /** Dispatches of a replayed step; null while none is replayed. */
  get dispatches(): number | null {
    return this.recording?.dispatches ?? null;
  }

  /** Gives one step to the device. */
  run(): void {
    const gpu = this.wanted && this.refusal === null ? gpuBackend() : null;
    if (this.recording) this.recording.replay();
    // The first step uploads the constants, which a recording could not.
    else if (gpu && this.done === 1) this.record(gpu);
    else this.step();
    this.done++;
  }

  /** Drops the recording and its memory. */
  dispose(): void {
    this.recording?.dispose();
    this.recording = null;
  }

  private record(gpu: GpuBackend): void {
    // The step has its own memory from now on; what the first one used would lie idle.
    gpu.trim();
    try {
      this.recording = record(gpu, this.step);
    } catch (error) {
      if (!(error instanceof RecordingError)) throw error;
      this.refusal = error.message;
      this.step();
    }
  }
}
