/** A buffer on the GPU whose parts come and go while it stays the same, so that what reads it can be recorded. */
import { Residents } from '../data/residents.ts';
import type { GpuBackend } from '../ops/webgpu/backend.ts';

export const WORD_BYTES = 4;

export class ResidentBuffer {
  readonly binding: GPUBufferBinding;
  private readonly buffer: GPUBuffer;
  private readonly backend: GpuBackend;
  private readonly residents: Residents;
  /** Bytes that were written so far. */
  uploaded = 0;

  /** Null where the GPU has no memory for it. */
  static async open(backend: GpuBackend, words: number): Promise<ResidentBuffer | null> {
    const { device } = backend;
    device.pushErrorScope('out-of-memory');
    const buffer = device.createBuffer({
      size: words * WORD_BYTES,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST,
    });
    if ((await device.popErrorScope()) === null) return new ResidentBuffer(backend, buffer, words);
    buffer.destroy();
    return null;
  }

  private constructor(backend: GpuBackend, buffer: GPUBuffer, words: number) {
    this.backend = backend;
    this.buffer = buffer;
    this.binding = { buffer };
    this.residents = new Residents(words);
  }

  /** What is asked for from here on stays in place until the next turn. Work given to the GPU keeps what it was to read. */
  nextTurn(): void {
    this.residents.nextTurn();
    this.backend.flush();
  }

  /**
   * Where the part `key` begins, in words; its contents are written if they are not there. Null where the others of this
   * turn leave no room.
   */
  place(key: number, words: number, contents: () => ArrayBufferView<ArrayBuffer>): number | null {
    const held = this.residents.find(key);
    if (held !== null) return held;
    const start = this.residents.admit(key, words);
    if (start === null) return null;
    this.backend.device.queue.writeBuffer(this.buffer, start * WORD_BYTES, contents());
    this.uploaded += words * WORD_BYTES;
    return start;
  }

  dispose(): void {
    this.buffer.destroy();
  }
}
