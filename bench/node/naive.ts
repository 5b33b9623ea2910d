/** The naive side as a process of its own: stock tfjs on the package webgpu. */
import { create, globals } from 'webgpu';
import { serve } from '../wire.ts';
import { childChannel } from './child-channel.ts';

Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });

// tfjs looks for WebGPU when it is loaded.
await import('@tensorflow/tfjs-backend-webgpu');
const { activateStock, NaiveSide } = await import('../naive/side.ts');

const side = new NaiveSide(async (backend) => {
  await activateStock(backend);
  return { adapter: 'tfjs', software: false, threads: 1 };
});
serve(childChannel(), (request) => side.answer(request));
