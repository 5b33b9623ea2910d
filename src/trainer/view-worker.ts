/** Makes the views of one step after the other and hands over their rows. */
import '../core/no-eval.ts';
import { packViews } from './view-plan.ts';
import { type ViewReply, viewRequestSchema } from './view-worker-messages.ts';

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = (event: MessageEvent<unknown>) => {
  const { step, config, epoch, images, rows } = viewRequestSchema.parse(event.data);
  packViews(config, { epoch, images }, rows);
  const reply: ViewReply = { step, rows };
  self.postMessage(reply, [rows.buffer]);
};
