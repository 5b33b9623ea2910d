/** Compute pipelines by their WGSL text. */
import type { Shader } from './shader.ts';

export class Pipelines {
  private readonly device: GPUDevice;
  private readonly ready = new Map<string, GPUComputePipeline>();
  private readonly compiling = new Map<string, Promise<void>>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** The shader's pipeline, compiled now if it must be. */
  get({ name, code }: Shader): GPUComputePipeline {
    const held = this.ready.get(code);
    if (held) return held;
    const pipeline = this.device.createComputePipeline(this.descriptor(name, code));
    this.ready.set(code, pipeline);
    return pipeline;
  }

  /** Begins to compile the shader beside others; `compiled` waits for it. */
  compile({ name, code }: Shader): void {
    if (this.ready.has(code) || this.compiling.has(code)) return;
    const made = this.device
      .createComputePipelineAsync(this.descriptor(name, code))
      .then((pipeline) => void this.ready.set(code, pipeline));
    this.compiling.set(code, made);
  }

  /** @throws the browser's GPUPipelineError for a shader that does not compile. */
  async compiled(): Promise<void> {
    try {
      await Promise.all(this.compiling.values());
    } finally {
      this.compiling.clear();
    }
  }

  private descriptor(name: string, code: string): GPUComputePipelineDescriptor {
    return {
      label: name,
      layout: 'auto',
      compute: { module: this.device.createShaderModule({ label: name, code }), entryPoint: 'main' },
    };
  }
}
