/** Our side in a worker like the trainer's. */
import { openBackend } from '../../src/trainer/backend.ts';
import { OurSide } from '../ours/side.ts';
import { serve } from '../wire.ts';
import { workerChannel } from './worker-channel.ts';

const side = new OurSide(async (backend) => {
  const { adapter, software, threads, ...opened } = await openBackend(backend, {
    lost: (reason, message) => {
      if (reason !== 'destroyed') throw new Error(`The GPU was lost: ${message}`);
    },
    error: (kind, message) => {
      throw new Error(`WebGPU ${kind} error: ${message}`);
    },
  });
  if (opened.backend !== backend) throw new Error(`${backend} did not start: ${opened.reason}`);
  return { adapter, software, threads };
});
serve(workerChannel(), (request) => side.answer(request));
