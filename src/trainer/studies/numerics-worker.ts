/** Does one plain computation of a study. Whoever does not want it any more ends the worker. */
import '../../core/no-eval.ts';
import { TooFewClasses } from '../../eval/logistic.ts';
import { compute } from './compute.ts';
import { type NumericsReply, numericsJobSchema } from './numerics-messages.ts';

declare const self: DedicatedWorkerGlobalScope;

const reply = (message: NumericsReply) => self.postMessage(message);
/** Nobody else waits in this worker. */
const atOnce = async () => {};

self.onmessage = async ({ data }: MessageEvent<unknown>) => {
  try {
    const result = await compute(numericsJobSchema.parse(data), atOnce, (done) =>
      reply({ type: 'progress', done }),
    );
    reply({ type: 'done', result });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    reply({ type: 'failed', message, forPerson: error instanceof TooFewClasses });
  }
};
