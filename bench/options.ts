/** The command line of the bench, in the browser and in Node. */
import { parseArgs } from 'node:util';
import { type BackendName, backendNames } from './contestant.ts';

export interface BenchOptions {
  backend: BackendName;
  configs: string[];
  /** Naive steps to time; null: as many as a few seconds allow. */
  steps: number | null;
  slopes: boolean;
  profile: boolean;
  naive: boolean;
  /** File to write all figures to; null prints tables alone. */
  json: string | null;
  /** Folder to pack the bench into, and nothing else. */
  pack: string | null;
}

/** The message says what is wrong with the command line. */
export class BenchUsageError extends Error {
  override name = 'BenchUsageError';
}

export const BENCH_USAGE = `npm run bench [-- OPTIONS]        in headless Chromium
npm run bench:node [-- OPTIONS]   in Node, on the package webgpu
  --backend webgpu|wasm   webgpu (the machine's GPU, else Chromium's software adapter); wasm in the browser alone
  --config N|T|V|toy|…    nano, small, ViT-Ti/16 at 224 px, or a preset; several with commas. N
  --steps n               naive steps to time (two at the least where a step takes seconds)
  --quick                 no slopes, one round of the share of the peak (and of ours, where it is alone), no count of the
                          dispatches of twelve blocks
  --ours                  no naive side
  --profile               the time in each kernel of our step
  --json [FILE]           all figures as JSON, to FILE or out/bench/BACKEND-CONFIG.json
  --pack DIR              (bench:node) writes a folder that runs elsewhere, and ends`;

/** @throws BenchUsageError */
export function readBenchOptions(args: string[]): BenchOptions {
  const values = parsed(withFileOfJson(args));
  const backend = backendNames.find((name) => name === values.backend);
  if (!backend) throw new BenchUsageError(`--backend ${values.backend}: take ${backendNames.join(' or ')}.`);
  const steps = values.steps === undefined ? null : Number(values.steps);
  if (steps !== null && (!Number.isInteger(steps) || steps < 1))
    throw new BenchUsageError(`--steps ${values.steps}: take a whole number from 1 on.`);
  return {
    backend,
    configs: values.config.split(',').filter((name) => name !== ''),
    steps,
    slopes: !values.quick,
    profile: values.profile,
    naive: !values.ours,
    json: values.json ?? null,
    pack: values.pack ?? null,
  };
}

/** A --json that names no file gets an empty one. */
const withFileOfJson = (args: string[]): string[] =>
  args.flatMap((arg, i) => {
    const bare = arg === '--json' && (args[i + 1] === undefined || args[i + 1]?.startsWith('--'));
    return bare ? ['--json='] : [arg];
  });

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        backend: { type: 'string', default: 'webgpu' },
        config: { type: 'string', default: 'N' },
        steps: { type: 'string' },
        profile: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        ours: { type: 'boolean', default: false },
        json: { type: 'string' },
        pack: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new BenchUsageError(error instanceof Error ? error.message : String(error));
  }
}
