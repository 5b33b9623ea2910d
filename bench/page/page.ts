/** The bench's page: starts a worker for each side, holds the contest, and hands out what was found. */
import { z } from 'zod';
import { contest } from '../contest.ts';
import { type BackendName, backendNames, type Contestant } from '../contestant.ts';
import { benchConfig } from '../setup.ts';
import { contestantBehind } from '../wire.ts';
import { decodeRates } from './decode.ts';

const optionsSchema = z.object({
  backend: z.enum(backendNames),
  config: z.string(),
  steps: z.int().nullable(),
  slopes: z.boolean(),
  profile: z.boolean(),
  naive: z.boolean(),
});

function behindWorker(name: string, worker: Worker): Contestant {
  return contestantBehind(name, {
    send: (message) => worker.postMessage(message),
    receive: (listener) => {
      worker.onmessage = ({ data }: MessageEvent<unknown>) => listener(data);
    },
    broken: (listener) => {
      worker.onerror = ({ message }) => listener(message);
    },
    close: () => worker.terminate(),
  });
}

const ourWorker = () =>
  new Worker(new URL('./ours-worker.ts', import.meta.url), { type: 'module', name: 'ours' });
const naiveWorker = () =>
  new Worker(new URL('./naive-worker.ts', import.meta.url), { type: 'module', name: 'naive' });

function threadsFor(backend: BackendName): number {
  return backend === 'wasm' && self.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency) : 1;
}

/** Called by the program that opened the page; progress goes to the console. */
async function bench(given: unknown) {
  const { backend, config, steps, slopes, profile, naive } = optionsSchema.parse(given);
  const found = await contest(
    {
      ours: behindWorker('ours', ourWorker()),
      giver: () => behindWorker('ours', ourWorker()),
      naive: naive ? behindWorker('naive', naiveWorker()) : null,
    },
    {
      name: config,
      config: benchConfig(config),
      backend,
      threads: threadsFor(backend),
      naiveSteps: steps,
      slopes,
      twelve: slopes,
      profile,
      torch: async () => null,
      say: (line) => console.log(line),
    },
  );
  return { ...found, decode: await decodeRates() };
}

Object.assign(globalThis, { bench });
