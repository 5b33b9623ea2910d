/** Which backend is taken where the browser has no GPU to give, or one that does not start: never one that lies. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBackend } from '../../../src/trainer/backend.ts';

const gpu = vi.hoisted(() => ({ findAdapter: vi.fn(), startWebGpu: vi.fn(async () => undefined) }));
vi.mock('../../../src/ops/device/webgpu.ts', () => gpu);
vi.mock('../../../src/ops/device/wasm.ts', () => ({ startWasm: async () => 1 }));
vi.mock('../../../src/trainer/wasm-files.ts', () => ({ wasmFiles: {} }));

const watcher = { lost: () => undefined, error: () => undefined };
const real = { adapter: {}, name: 'A GPU', software: false };

beforeEach(() => {
  vi.stubGlobal('navigator', { gpu: {}, hardwareConcurrency: 4 });
  vi.stubGlobal('self', { crossOriginIsolated: false });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the backend', () => {
  it('is WASM without WebGPU, and says so', async () => {
    vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
    expect(await openBackend('auto', watcher)).toMatchObject({
      backend: 'wasm',
      reason: 'this browser has no WebGPU',
    });
  });

  it('is WASM where the adapter is null, and says so', async () => {
    gpu.findAdapter.mockResolvedValueOnce(null);
    expect(await openBackend('webgpu', watcher)).toMatchObject({
      backend: 'wasm',
      reason: 'the browser offers no graphics adapter',
    });
  });

  it('is WASM beside a software adapter, which is slower, unless that was asked for', async () => {
    gpu.findAdapter.mockResolvedValue({ ...real, name: 'SwiftShader', software: true });
    expect(await openBackend('auto', watcher)).toMatchObject({
      backend: 'wasm',
      reason: expect.stringMatching(/software one \(SwiftShader\), which is slower/),
    });
    expect(await openBackend('webgpu', watcher)).toMatchObject({ backend: 'webgpu', software: true });
  });

  it('is WASM where the device is refused, as with limits that are too low, and says why', async () => {
    gpu.findAdapter.mockResolvedValueOnce(real);
    gpu.startWebGpu.mockRejectedValueOnce(new Error('maxStorageBuffersPerShaderStage is 4'));
    expect(await openBackend('auto', watcher)).toMatchObject({
      backend: 'wasm',
      reason: 'WebGPU did not start (maxStorageBuffersPerShaderStage is 4)',
    });
  });

  it('is WebGPU on a real adapter', async () => {
    gpu.findAdapter.mockResolvedValueOnce(real);
    expect(await openBackend('auto', watcher)).toMatchObject({ backend: 'webgpu', reason: '' });
  });
});
