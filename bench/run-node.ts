/** `npm run bench:node`: the contest in Node on the package webgpu, or, with --pack, a folder that runs it elsewhere. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { ROOT } from '../tools/command.ts';
import { vulkanEnvironment } from '../tools/vulkan.ts';
import { buildForNode } from './build.ts';
import { BENCH_USAGE, BenchUsageError, readBenchOptions } from './options.ts';

const NODE_FOLDER = join(ROOT, 'out', 'bench', 'node');

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const { pack } = readBenchOptions(args);
  const folder = pack === null ? NODE_FOLDER : resolve(pack);
  console.error('Building the bench…');
  await buildForNode(folder);
  if (pack !== null) {
    console.log(
      `Packed into ${folder}: copy it to a machine with Node 20, Vulkan and a GPU, and run ./run.sh there.`,
    );
    return 0;
  }
  const { status } = spawnSync(process.execPath, [join(folder, 'main.mjs'), ...args], {
    stdio: 'inherit',
    // The Vulkan loader is looked up when a process starts.
    env: { ...process.env, ...vulkanEnvironment() },
  });
  return status ?? 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(
      error instanceof Error ? (error instanceof BenchUsageError ? error.message : error.stack) : error,
    );
    if (error instanceof BenchUsageError) console.error(`\n${BENCH_USAGE}`);
    process.exitCode = 1;
  },
);
