/** Our side as a process of its own, on the package webgpu. */
import { create, globals } from 'webgpu';
import { findAdapter, startWebGpu } from '../../src/ops/device/webgpu.ts';
import { OurSide } from '../ours/side.ts';
import { serve } from '../wire.ts';
import { childChannel } from './child-channel.ts';

Object.assign(globalThis, globals);
const gpu = create([]);
Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });

const side = new OurSide(async () => {
  const choice = await findAdapter(gpu);
  if (!choice) {
    const driver = process.env.VK_DRIVER_FILES ?? 'the machine’s own';
    throw new Error(`No WebGPU adapter was found (Vulkan driver: ${driver}).`);
  }
  await startWebGpu(choice, {
    lost: (reason, message) => {
      if (reason !== 'destroyed') throw new Error(`The GPU was lost: ${message}`);
    },
    error: (kind, message) => {
      throw new Error(`WebGPU ${kind} error: ${message}`);
    },
  });
  return { adapter: choice.name, software: choice.software, threads: 1 };
});
serve(childChannel(), (request) => side.answer(request));
