/** Makes one layout and tells of it while it forms. Whoever does not want it any more ends the worker. */
import '../core/no-eval.ts';
import { project } from '../eval/projections/project.ts';
import { buffersOf } from '../protocol/transfer.ts';
import { type ProjectionReply, projectionJobSchema } from './projection-messages.ts';

declare const self: DedicatedWorkerGlobalScope;

const reply = (message: ProjectionReply) => self.postMessage(message, buffersOf(message));

self.onmessage = async ({ data }: MessageEvent<unknown>) => {
  try {
    const found = await project(projectionJobSchema.parse(data), {
      stage: (text, share) => reply({ type: 'stage', text, share }),
      positions: (positions) => reply({ type: 'positions', positions }),
    });
    reply({ type: 'done', ...found });
  } catch (error) {
    reply({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
};
