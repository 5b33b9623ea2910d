/** Our side as a process of its own, on the package webgpu. */
import { gpuBackend } from '../../src/ops/webgpu/backend.ts';
import { startBackend } from '../../tools/node-backend.ts';
import { OurSide } from '../ours/side.ts';
import { serve } from '../wire.ts';
import { childChannel } from './child-channel.ts';

const side = new OurSide(async (backend) => {
  const adapter = await startBackend(backend);
  return { adapter, software: gpuBackend()?.traits.software ?? false, threads: 1 };
});
serve(childChannel(), (request) => side.answer(request));
