/** What the bench counts on a device, against work whose counts are known. */
import { expect, it } from 'vitest';
import { difference, watchDevice } from '../../../bench/gpu-watch.ts';

async function makeDevice(): Promise<GPUDevice> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const adapter = await create([]).requestAdapter();
  if (!adapter) throw new Error('There is no adapter, not even a software one');
  return adapter.requestDevice();
}

it('counts dispatches, submits, what was made, bytes written and memory', async () => {
  const device = await makeDevice();
  const watch = watchDevice(device);
  const { STORAGE, COPY_DST } = GPUBufferUsage;
  const first = device.createBuffer({ size: 4096, usage: STORAGE | COPY_DST });
  const second = device.createBuffer({ size: 1024, usage: STORAGE, mappedAtCreation: true });
  second.unmap();
  const pipeline = device.createComputePipeline({
    layout: 'auto',
    compute: {
      module: device.createShaderModule({
        code: `@group(0) @binding(0) var<storage, read_write> y: array<u32>;
          @compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) { y[id.x] = id.x; }`,
      }),
      entryPoint: 'main',
    },
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer: first } }],
  });
  const before = watch.counts();
  device.queue.writeBuffer(first, 0, new Float32Array(100), 10, 20);
  device.queue.writeBuffer(first, 0, new Uint8Array(64));
  const dispatch = (times: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < times; i++) pass.dispatchWorkgroups(1);
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
  dispatch(5);

  expect(difference(watch.counts(), before)).toEqual({
    dispatches: 5,
    submits: 1,
    buffers: 0,
    textures: 0,
    bindGroups: 0,
    pipelines: 0,
    // 20 floats, then 64 bytes.
    uploadedBytes: 144,
  });
  expect(before).toMatchObject({ buffers: 2, bindGroups: 1, pipelines: 1, uploadedBytes: 1024 });

  watch.countDispatches = false;
  dispatch(3);
  expect(difference(watch.counts(), before)).toMatchObject({ dispatches: 5, submits: 2 });

  second.destroy();
  second.destroy();
  device.createBuffer({ size: 2048, usage: STORAGE });
  // 4096 + 1024 were there at once, then 4096 + 2048.
  expect(watch.peakBytes).toBe(6144);
  device.destroy();
});
