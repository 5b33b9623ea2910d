/** Makes one range of samples after the other and hands over their memory. */
import '../core/no-eval.ts';
import { makeRange, rangeRequestSchema, transferOf } from './samples-range.ts';

declare const self: DedicatedWorkerGlobalScope;

self.onmessage = (event: MessageEvent<unknown>) => {
  const reply = makeRange(rangeRequestSchema.parse(event.data));
  self.postMessage(reply, transferOf(reply));
};
