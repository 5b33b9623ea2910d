/** tfjs's WebGPU backend with kernels of our own beside its programs, tensors inside larger buffers, and recording. */
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { BufferPool } from './buffers.ts';
import { Pipelines } from './pipelines.ts';
import type { Profile } from './profile.ts';
import type { Recorder } from './recording.ts';
import type { Binding, Grid, Shader } from './shader.ts';

/** What kernels choose their variants by. */
export interface AdapterTraits {
  software: boolean;
  /** Lanes of a subgroup; null without the feature. */
  subgroups: { least: number; most: number } | null;
  halfFloats: boolean;
}

interface Range {
  /** In bytes. */
  offset: number;
  size: number;
}

const BYTES = 4;

export class GpuBackend extends WebGPUBackend {
  readonly traits: AdapterTraits;
  readonly pool: BufferPool;
  /** Set while a step is recorded. */
  recorder: Recorder | null = null;
  /** Set while dispatches are timed. */
  profile: Profile | null = null;
  private readonly pipelines: Pipelines;
  private readonly ranges = new WeakMap<tf.DataId, Range>();

  constructor(device: GPUDevice, info: GPUAdapterInfo, software: boolean) {
    super(device, info);
    const { subgroupMinSize, subgroupMaxSize } = info;
    this.traits = {
      software,
      subgroups: device.features.has('subgroups') ? { least: subgroupMinSize, most: subgroupMaxSize } : null,
      halfFloats: device.features.has('shader-f16'),
    };
    this.pipelines = new Pipelines(device);
    this.pool = new BufferPool(device);
    // tfjs keeps these two to itself; the pool answers to the same names as its manager.
    Reflect.set(this, 'bufferManager', this.pool);
    Reflect.set(this, 'tensorToBinding', (tensor: tf.TensorInfo) => this.resourceOf(tensor));
  }

  /** A new tensor on the GPU whose values are whatever the memory held. */
  output(shape: number[], dtype: 'float32' | 'int32' = 'float32'): tf.TensorInfo {
    const made = this.makeTensorInfo(shape, dtype);
    this.uploadToGPU(made.dataId);
    return made;
  }

  /**
   * A tensor that is a part of another's memory, from element `offset` on; it must not outlive the whole. Offsets are
   * multiples of `alignment` elements.
   */
  part(whole: tf.TensorInfo, offset: number, shape: number[]): tf.TensorInfo {
    this.uploadToGPU(whole.dataId);
    const made = this.makeTensorInfo(shape, 'float32');
    const own = this.tensorMap.get(made.dataId);
    own.resource = this.bufferOf(whole);
    own.external = true;
    const start = this.ranges.get(whole.dataId)?.offset ?? 0;
    this.ranges.set(made.dataId, { offset: start + offset * BYTES, size: elements(shape) * BYTES });
    return made;
  }

  /** In elements: where a part may begin. */
  get alignment(): number {
    return this.device.limits.minStorageBufferOffsetAlignment / BYTES;
  }

  /** Writes values into the tensor's memory, in place, after all that was given to the GPU so far. */
  write32(tensor: tf.TensorInfo, values: Float32Array | Int32Array | Uint32Array): void {
    this.recorder?.refuse(`writes a [${tensor.shape}] tensor`);
    this.uploadToGPU(tensor.dataId);
    this.flush();
    const { offset } = this.rangeOf(tensor);
    this.device.queue.writeBuffer(
      this.bufferOf(tensor),
      offset,
      values.buffer,
      values.byteOffset,
      values.byteLength,
    );
    this.changed(tensor);
  }

  /** To be called for a tensor whose memory a kernel wrote in place: tfjs may hold its former values. */
  changed(tensor: tf.TensorInfo): void {
    Reflect.set(this.tensorMap.get(tensor.dataId), 'values', null);
  }

  dispatch(shader: Shader, bindings: readonly Binding[], [x, y = 1, z = 1]: Grid): void {
    if (tf.env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')) {
      this.pipelines.compile(shader);
      return;
    }
    const pipeline = this.pipelines.get(shader);
    const group = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: bindings.map((binding, i) => ({
        binding: i,
        resource: 'dataId' in binding ? this.resourceOf(binding) : binding,
      })),
    });
    const pass = this.profile ? this.profile.begin(this.flushed(), shader.name) : this.pass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(x, y, z);
    if (this.profile) this.profile.end();
    else this.countDispatch();
  }

  /** Submits what tfjs and our kernels have encoded. */
  flush(): void {
    if (!this.encoder()) return;
    this.endComputePassEncoder();
    this.submitQueue();
  }

  /** Frees the memory that no tensor uses. */
  trim(): void {
    // What is encoded and not submitted may still use it.
    this.flush();
    this.pool.trim();
  }

  override runWebGPUProgram(
    ...call: Parameters<WebGPUBackend['runWebGPUProgram']>
  ): ReturnType<WebGPUBackend['runWebGPUProgram']> {
    // tfjs's programs go into the pass that is open, and so into the recording.
    if (this.recorder && !tf.env().getBool('WEBGPU_ENGINE_COMPILE_ONLY')) this.pass();
    return super.runWebGPUProgram(...call);
  }

  override uploadToGPU(dataId: tf.DataId): void {
    const { resource, values, shape } = this.tensorMap.get(dataId);
    if (resource === undefined && values && this.recorder)
      this.recorder.refuse(`uploads a [${shape}] tensor`);
    super.uploadToGPU(dataId);
  }

  override async read(dataId: tf.DataId): Promise<tf.BackendValues> {
    const range = this.ranges.get(dataId);
    if (!range) return super.read(dataId);
    this.flush();
    const { offset, size } = range;
    const staging = this.device.createBuffer({
      size,
      usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(
      this.bufferOf({ dataId, shape: [], dtype: 'float32' }),
      offset,
      staging,
      0,
      size,
    );
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const values = new Float32Array(staging.getMappedRange().slice(0));
    staging.destroy();
    return values;
  }

  override async checkCompileCompletionAsync(): Promise<void> {
    await Promise.all([super.checkCompileCompletionAsync(), this.pipelines.compiled()]);
  }

  override memory(): ReturnType<WebGPUBackend['memory']> {
    return { ...super.memory(), numBytesAllocatedInGPU: this.pool.bytes };
  }

  /** The tensor's memory as a binding: the whole buffer, or its part. */
  resourceOf(tensor: tf.TensorInfo): GPUBufferBinding {
    this.uploadToGPU(tensor.dataId);
    const buffer = this.bufferOf(tensor);
    const range = this.ranges.get(tensor.dataId);
    return range ? { buffer, ...range } : { buffer };
  }

  bufferOf(tensor: tf.TensorInfo): GPUBuffer {
    const { resource } = this.tensorMap.get(tensor.dataId);
    if (!(resource instanceof GPUBuffer))
      throw new TypeError(`A tensor [${tensor.shape}] is in no GPU buffer`);
    return resource;
  }

  rangeOf(tensor: tf.TensorInfo): Range {
    return this.ranges.get(tensor.dataId) ?? { offset: 0, size: elements(tensor.shape) * BYTES };
  }

  /** The pass that is open, tfjs's own too, or a new one. */
  private pass(): GPUComputePassEncoder {
    this.ensureCommandEncoderReady();
    const open: unknown = Reflect.get(this, 'computePassEncoder');
    if (open instanceof GPUComputePassEncoder) return open;
    const encoder = this.encoder();
    if (!encoder) throw new TypeError('tfjs made no command encoder');
    const pass = encoder.beginComputePass();
    this.recorder?.listen(pass);
    Reflect.set(this, 'computePassEncoder', pass);
    return pass;
  }

  private encoder(): GPUCommandEncoder | null {
    const encoder: unknown = Reflect.get(this, 'commandEncoder');
    return encoder instanceof GPUCommandEncoder ? encoder : null;
  }

  private flushed(): GPUDevice {
    this.flush();
    return this.device;
  }

  private countDispatch(): void {
    const count = Number(Reflect.get(this, 'dispatchCountInPass')) + 1;
    Reflect.set(this, 'dispatchCountInPass', count);
    if (count >= tf.env().getNumber('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE')) this.flush();
  }
}

const elements = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** The present backend, where it is ours. */
export function gpuBackend(): GpuBackend | null {
  const backend = tf.backend();
  return backend instanceof GpuBackend ? backend : null;
}
