/** All four binaries compute the same products, alone and with other threads, job after job. */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { beforeAll, describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../../src/core/rng.ts';
import { KERNEL_BUILDS, type KernelBuild } from '../../../../src/ops/wasm/builds.ts';
import { nodeWasmFiles } from '../../../../tools/node-wasm.ts';
import { buildKernels, kernelPath } from '../../../../tools/wasm-kernels.ts';

const PAGES = 256;
const MOST_PAGES = 65_536;
/** Addresses for the test's values; the module itself has none below. */
const POOL = 1024;
const A = 1 << 16;
const B = 1 << 18;
const C = 1 << 20;
const SCRATCH = 1 << 22;

beforeAll(async () => {
  await buildKernels();
  setFlagsFromString('--experimental-wasm-relaxed-simd');
});

interface Opened {
  compiled: WebAssembly.Module;
  memory: WebAssembly.Memory;
  call(name: string, ...values: number[]): unknown;
  values(address: number, count: number): Float32Array;
}

const importsOf = (memory: WebAssembly.Memory, giveWay = () => undefined) => ({
  env: { memory },
  pool: { giveWay },
});

function open(build: KernelBuild, threads: number): Opened {
  const shared = build.startsWith('shared');
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: MOST_PAGES, shared });
  const compiled = new WebAssembly.Module(readFileSync(kernelPath(build)));
  const { exports } = new WebAssembly.Instance(compiled, importsOf(memory));
  const call = (name: string, ...values: number[]): unknown => {
    const found = exports[name];
    if (typeof found !== 'function') throw new RangeError(`No function ${name}`);
    return found(...values);
  };
  call('open', POOL, threads);
  return {
    compiled,
    memory,
    call,
    values: (address, count) => new Float32Array(memory.buffer, address, count),
  };
}

/** c [m, n] = a [m, k]·b [k, n], with the same numbers for the same sizes. */
function multiply({ call, values }: Opened, m: number, n: number, k: number): Float32Array {
  const stream = rng(5, PURPOSE.evaluation, m, n, k);
  for (const [address, count] of [
    [A, m * k],
    [B, k * n],
  ] as const)
    values(address, count).set(Float32Array.from({ length: count }, () => stream.normal()));
  call('product', A, B, 0, C, m, n, k, 0, 0, 0, 0, 0, SCRATCH);
  return Float32Array.from(values(C, m * n));
}

function expected({ values }: Opened, m: number, n: number, k: number): number[] {
  const [a, b] = [values(A, m * k), values(B, k * n)];
  return Array.from({ length: m * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let t = 0; t < k; t++) sum += (a[row * k + t] ?? 0) * (b[t * n + column] ?? 0);
    return sum;
  });
}

describe.each(KERNEL_BUILDS)('the build %s', (build) => {
  it('has no memory, no data and nothing to run at its start', () => {
    const module = new WebAssembly.Module(readFileSync(kernelPath(build)));
    const memories = WebAssembly.Module.imports(module).filter(({ kind }) => kind === 'memory');
    expect(memories).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    const memory = new WebAssembly.Memory({
      initial: PAGES,
      maximum: MOST_PAGES,
      shared: build.startsWith('shared'),
    });
    new WebAssembly.Instance(module, importsOf(memory));
    expect(new Uint8Array(memory.buffer).every((byte) => byte === 0)).toBe(true);
  });

  it('multiplies', () => {
    const opened = open(build, 1);
    const found = multiply(opened, 53, 37, 41);
    const wanted = expected(opened, 53, 37, 41);
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - (found[i] ?? Number.NaN))))).toBeLessThan(
      2e-5,
    );
  });
});

describe('threads', () => {
  it('give the same values as one alone, bit for bit, over many jobs of all sizes', async () => {
    const alone = open('sharedRelaxed', 1);
    const together = open('sharedRelaxed', 3);
    const { startThread } = await nodeWasmFiles();
    const { compiled, memory } = together;
    await Promise.all(
      [1, 2].map((thread) =>
        startThread({ compiled, memory, pool: POOL, threads: 3, thread, rightOfWay: null }),
      ),
    );
    for (let job = 0; job < 300; job++) {
      const [m, n, k] = [1 + ((job * 37) % 130), 1 + ((job * 11) % 40), 1 + ((job * 7) % 30)];
      expect(multiply(together, m, n, k)).toEqual(multiply(alone, m, n, k));
    }
  });

  it('ask whether to give way before each task that they take', () => {
    const { compiled, memory } = open('shared', 2);
    const asked = () => {
      throw new Error('asked');
    };
    const { serve } = new WebAssembly.Instance(compiled, importsOf(memory, asked)).exports;
    if (typeof serve !== 'function') throw new TypeError('No function serve');
    const ticket = new BigUint64Array(memory.buffer, POOL, 1);
    const oneTask = 1n << 24n;
    ticket[0] = oneTask;
    expect(() => serve(POOL, 2, 1)).toThrow('asked');
    expect(ticket[0]).toBe(oneTask);
  });

  it('sleep and wake again', async () => {
    const opened = open('sharedRelaxed', 2);
    const { startThread } = await nodeWasmFiles();
    const { compiled, memory } = opened;
    await startThread({ compiled, memory, pool: POOL, threads: 2, thread: 1, rightOfWay: null });
    const first = multiply(opened, 200, 30, 20);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(multiply(opened, 200, 30, 20)).toEqual(first);
  });
});
