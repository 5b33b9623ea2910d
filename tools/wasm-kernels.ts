/** Compiles the WASM kernels from their AssemblyScript sources, when those have changed since the last time. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { KERNEL_BUILDS, type KernelBuild } from '../src/ops/wasm/builds.ts';

const FOLDER = fileURLToPath(new URL('../src/ops/wasm', import.meta.url));
const SOURCES = join(FOLDER, 'assembly');
const BUILT = join(FOLDER, 'built');
const COMPILER = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');

/** No memory of its own and no data in it: the heap that it imports belongs to tfjs. */
const OPTIONS = ['--importMemory', '--noExportMemory', '--runtime', 'stub', '--noAssert', '-O3'];
/** v128 goes between functions of the module only, so what other languages make of it does not matter. */
const QUIET = ['--disableWarning', '112'];
const SIMD = ['--enable', 'simd'];
const RELAXED = ['--enable', 'relaxed-simd'];
/** The limits of tfjs's memory. */
const SHARED = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];

const FLAGS: Record<KernelBuild, string[]> = {
  plain: SIMD,
  relaxed: [...SIMD, ...RELAXED],
  shared: [...SIMD, ...SHARED],
  sharedRelaxed: [...SIMD, ...RELAXED, ...SHARED],
};

export class KernelError extends Error {
  constructor(build: KernelBuild, output: string) {
    super(`The WASM kernels (${build}) do not compile:\n${output}`);
    this.name = 'KernelError';
  }
}

export const kernelPath = (build: KernelBuild): string => join(BUILT, `${build}.wasm`);

/** Makes the binaries that the page and the tools load. @throws KernelError with what the compiler says. */
export async function buildKernels(builds: readonly KernelBuild[] = KERNEL_BUILDS): Promise<void> {
  mkdirSync(BUILT, { recursive: true });
  const digest = digestOfSources();
  await Promise.all(builds.map((build) => bringUpToDate(build, digest)));
}

async function bringUpToDate(build: KernelBuild, digest: string): Promise<void> {
  const path = kernelPath(build);
  const stamp = join(BUILT, `${build}.txt`);
  if (existsSync(path) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  // Under a name of its own, as another process may be reading or making the same binary.
  const temporary = `${path}.${process.pid}`;
  try {
    const input = [join(SOURCES, 'index.ts'), '--outFile', temporary];
    await promisify(execFile)(process.execPath, [COMPILER, ...input, ...OPTIONS, ...FLAGS[build], ...QUIET]);
  } catch (error) {
    throw new KernelError(build, error instanceof Error ? error.message : String(error));
  }
  renameSync(temporary, path);
  writeFileSync(stamp, digest);
}

/** Changes with the sources, with this file, and with the compiler. */
function digestOfSources(): string {
  const hash = createHash('sha256');
  const sources = readdirSync(SOURCES).sort();
  for (const path of sources.map((name) => join(SOURCES, name))) hash.update(readFileSync(path));
  const version = readFileSync(join(COMPILER, '..', '..', 'package.json'));
  return hash
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .update(version)
    .digest('hex');
}
