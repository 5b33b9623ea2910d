/** Counts what a program asks of its GPUDevice, by methods laid over those of the very device. */

export interface GpuCounts {
  dispatches: number;
  submits: number;
  buffers: number;
  textures: number;
  bindGroups: number;
  pipelines: number;
  /** Bytes written by the processor into the GPU's memory. */
  uploadedBytes: number;
}

const NOTHING: GpuCounts = {
  dispatches: 0,
  submits: 0,
  buffers: 0,
  textures: 0,
  bindGroups: 0,
  pipelines: 0,
  uploadedBytes: 0,
};

export const difference = (after: GpuCounts, before: GpuCounts): GpuCounts => ({
  dispatches: after.dispatches - before.dispatches,
  submits: after.submits - before.submits,
  buffers: after.buffers - before.buffers,
  textures: after.textures - before.textures,
  bindGroups: after.bindGroups - before.bindGroups,
  pipelines: after.pipelines - before.pipelines,
  uploadedBytes: after.uploadedBytes - before.uploadedBytes,
});

export interface GpuWatch {
  /** Since the watch began. */
  counts(): GpuCounts;
  /** Whether dispatches are counted; a method laid over each costs time of its own. */
  countDispatches: boolean;
  /** Most bytes of buffers and textures that lived at once. */
  readonly peakBytes: number;
}

const TEXEL_BYTES: Partial<Record<GPUTextureFormat, number>> = {
  r8unorm: 1,
  rg8unorm: 2,
  rgba16float: 8,
  rgba32float: 16,
};

function textureBytes({ width, height, depthOrArrayLayers, mipLevelCount, format }: GPUTexture): number {
  const levels = (1 - 0.25 ** mipLevelCount) / 0.75;
  return width * height * depthOrArrayLayers * levels * (TEXEL_BYTES[format] ?? 4);
}

/** Lays a method over one of the object's own; `heard` is told of every call after it was made. */
function listen(target: object, name: string, heard: (args: unknown[], result: unknown) => void): void {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== 'function') throw new TypeError(`There is no method "${name}" to listen to`);
  Reflect.set(target, name, (...args: unknown[]) => {
    const result: unknown = Reflect.apply(method, target, args);
    heard(args, result);
    return result;
  });
}

/** Bytes that queue.writeBuffer(buffer, offset, data, from, size) writes; both count elements of a typed array. */
function writtenBytes([, , data, from = 0, size]: unknown[]): number {
  const view = ArrayBuffer.isView(data);
  if (!view && !(data instanceof ArrayBuffer)) return 0;
  const unit = view && 'BYTES_PER_ELEMENT' in data ? Number(data.BYTES_PER_ELEMENT) : 1;
  return size === undefined ? data.byteLength - Number(from) * unit : Number(size) * unit;
}

/** Begins to count. What the device made before is not seen. */
export function watchDevice(device: GPUDevice): GpuWatch {
  const seen = { ...NOTHING };
  let liveBytes = 0;
  let peakBytes = 0;
  const watch: GpuWatch = {
    counts: () => ({ ...seen }),
    countDispatches: true,
    get peakBytes() {
      return peakBytes;
    },
  };
  const follow = (resource: GPUBuffer | GPUTexture, bytes: number) => {
    liveBytes += bytes;
    peakBytes = Math.max(peakBytes, liveBytes);
    // Memory ends once, however often it is destroyed.
    let lives = true;
    listen(resource, 'destroy', () => {
      if (lives) liveBytes -= bytes;
      lives = false;
    });
  };
  listen(device, 'createBuffer', (_, buffer) => {
    if (!(buffer instanceof GPUBuffer)) return;
    seen.buffers++;
    if (buffer.mapState === 'mapped') seen.uploadedBytes += buffer.size;
    follow(buffer, buffer.size);
  });
  listen(device, 'createTexture', (_, texture) => {
    if (!(texture instanceof GPUTexture)) return;
    seen.textures++;
    follow(texture, textureBytes(texture));
  });
  listen(device, 'createBindGroup', () => seen.bindGroups++);
  listen(device, 'createComputePipeline', () => seen.pipelines++);
  listen(device, 'createComputePipelineAsync', () => seen.pipelines++);
  listen(device, 'createCommandEncoder', (_, encoder) => {
    if (!watch.countDispatches || !(encoder instanceof GPUCommandEncoder)) return;
    listen(encoder, 'beginComputePass', (__, pass) => {
      if (!(pass instanceof GPUComputePassEncoder)) return;
      listen(pass, 'dispatchWorkgroups', () => seen.dispatches++);
      listen(pass, 'dispatchWorkgroupsIndirect', () => seen.dispatches++);
    });
  });
  listen(device.queue, 'submit', () => seen.submits++);
  listen(device.queue, 'writeBuffer', (args) => {
    seen.uploadedBytes += writtenBytes(args);
  });
  listen(device.queue, 'writeTexture', ([, data]) => {
    seen.uploadedBytes += writtenBytes([null, 0, data]);
  });
  return watch;
}
