/** Holds the contest in Node: each side a process of its own, and PyTorch where there is one. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contest } from '../contest.ts';
import type { Contestant } from '../contestant.ts';
import { BENCH_USAGE, BenchUsageError, readBenchOptions } from '../options.ts';
import { printed } from '../print.ts';
import { type Report, reportSchema } from '../report.ts';
import { benchConfig } from '../setup.ts';
import { contestantBehind } from '../wire.ts';
import { timeTorch } from './torch.ts';

const HERE = dirname(fileURLToPath(import.meta.url));

function behindProcess(name: string, child: ChildProcess): Contestant {
  return contestantBehind(name, {
    send: (message) => child.send(Object(message)),
    receive: (listener) => child.on('message', listener),
    broken: (listener) => child.on('exit', (code, signal) => listener(`it ended with ${signal ?? code}`)),
    close: () => child.kill(),
  });
}

const start = (program: string): ChildProcess =>
  fork(join(HERE, `${program}.mjs`), { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] });

async function main(): Promise<void> {
  const options = readBenchOptions(process.argv.slice(2));
  const say = (line: string) => console.error(line);
  if (options.backend !== 'webgpu') throw new BenchUsageError('In Node the bench runs on WebGPU alone.');
  const reports: Report[] = [];
  for (const name of options.configs) {
    const config = benchConfig(name);
    const children = { ours: start('ours'), naive: options.naive ? start('naive') : null };
    const found = await contest(
      {
        ours: behindProcess('ours', children.ours),
        giver: () => behindProcess('ours', start('ours')),
        naive: children.naive && behindProcess('naive', children.naive),
      },
      {
        name,
        config,
        backend: 'webgpu',
        threads: 1,
        naiveSteps: options.steps,
        slopes: options.slopes,
        twelve: options.slopes,
        profile: options.profile,
        torch: async (given) => {
          say('timing PyTorch');
          return timeTorch(join(HERE, 'torch_step.py'), config, given);
        },
        say,
      },
    );
    const report = reportSchema.parse({
      ...found,
      place: `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
      decode: null,
    });
    reports.push(report);
    console.log(`\n${printed(report)}\n`);
  }
  if (options.json === null) return;
  const file =
    options.json === '' ? join('out', 'bench', `node-${options.configs.join('-')}.json`) : options.json;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(reports, null, 2)}\n`);
  console.log(`Written to ${file}`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(
      error instanceof Error ? (error instanceof BenchUsageError ? error.message : error.stack) : error,
    );
    if (error instanceof BenchUsageError) console.error(`\n${BENCH_USAGE}`);
    process.exit(1);
  },
);
