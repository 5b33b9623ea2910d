/** GPU buffers for tensors: reused by exact size, and kept apart for a recorded step. */

const keyOf = (size: number, usage: number) => `${size} ${usage}`;

class FreeList {
  private readonly buffers = new Map<string, GPUBuffer[]>();

  take(size: number, usage: number): GPUBuffer | undefined {
    return this.buffers.get(keyOf(size, usage))?.pop();
  }

  put(buffer: GPUBuffer): void {
    const key = keyOf(buffer.size, buffer.usage);
    const free = this.buffers.get(key);
    if (free) free.push(buffer);
    else this.buffers.set(key, [buffer]);
  }

  clear(): GPUBuffer[] {
    const all = [...this.buffers.values()].flat();
    this.buffers.clear();
    return all;
  }
}

/** The buffers of one recorded step: nobody else gets them while the recording lives. */
export class Arena {
  private readonly free = new FreeList();
  private readonly all = new Set<GPUBuffer>();
  bytes = 0;

  owns(buffer: GPUBuffer): boolean {
    return this.all.has(buffer);
  }

  /** Uniforms are written when they are bound and not at replay, so each keeps a buffer of its own. */
  take(device: GPUDevice, size: number, usage: number, mapped: boolean): GPUBuffer {
    const reusable = !mapped && !isUniform(usage);
    const held = reusable ? this.free.take(size, usage) : undefined;
    if (held) return held;
    const buffer = device.createBuffer({ size, usage, mappedAtCreation: mapped });
    this.all.add(buffer);
    this.bytes += size;
    return buffer;
  }

  put(buffer: GPUBuffer): void {
    if (!isUniform(buffer.usage)) this.free.put(buffer);
  }

  destroy(): void {
    for (const buffer of this.all) buffer.destroy();
    this.all.clear();
    this.free.clear();
    this.bytes = 0;
  }
}

const isUniform = (usage: number) => (usage & GPUBufferUsage.UNIFORM) !== 0;

/** Stands in for tfjs's BufferManager, under the names that its backend calls. */
export class BufferPool {
  numBytesUsed = 0;
  numBytesAllocated = 0;
  private readonly device: GPUDevice;
  private readonly free = new FreeList();
  private readonly used = new Set<GPUBuffer>();
  private readonly arenas = new Set<Arena>();
  private open: Arena | null = null;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  acquireBuffer(size: number, usage: number, mappedAtCreation = false, reuse = true): GPUBuffer {
    const buffer = this.open
      ? this.open.take(this.device, size, usage, mappedAtCreation)
      : (reuse && this.free.take(size, usage)) || this.make(size, usage, mappedAtCreation);
    this.used.add(buffer);
    this.numBytesUsed += size;
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    if (!this.used.delete(buffer)) return;
    this.numBytesUsed -= buffer.size;
    const arena = [...this.arenas].find((one) => one.owns(buffer));
    if (arena) arena.put(buffer);
    else if (reuse) this.free.put(buffer);
    else this.destroy(buffer);
  }

  getNumUsedBuffers(): number {
    return this.used.size;
  }

  /** Until `closeArena` every buffer comes from the arena that is returned. */
  openArena(): Arena {
    this.open = new Arena();
    this.arenas.add(this.open);
    return this.open;
  }

  closeArena(): void {
    this.open = null;
  }

  /** Frees an arena's buffers; tensors that still lie in them become void. */
  dropArena(arena: Arena): void {
    if (this.open === arena) this.open = null;
    this.arenas.delete(arena);
    for (const buffer of this.used)
      if (arena.owns(buffer)) {
        this.used.delete(buffer);
        this.numBytesUsed -= buffer.size;
      }
    arena.destroy();
  }

  /** Bytes on the GPU: in use, waiting for reuse, and in arenas. */
  get bytes(): number {
    return [...this.arenas].reduce((sum, arena) => sum + arena.bytes, this.numBytesAllocated);
  }

  /** Gives back the buffers that wait for reuse. */
  trim(): void {
    for (const buffer of this.free.clear()) this.destroy(buffer);
  }

  dispose(): void {
    this.trim();
    for (const arena of this.arenas) arena.destroy();
    for (const buffer of this.used) buffer.destroy();
    this.arenas.clear();
    this.used.clear();
    this.numBytesUsed = 0;
    this.numBytesAllocated = 0;
  }

  private make(size: number, usage: number, mapped: boolean): GPUBuffer {
    this.numBytesAllocated += size;
    return this.device.createBuffer({ size, usage, mappedAtCreation: mapped });
  }

  private destroy(buffer: GPUBuffer): void {
    this.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}
