/** The WASM backend: tfjs's SIMD module, and ours beside it on one heap, with threads where memory can be shared. */
import { BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelBuild } from '../wasm/builds.ts';
import { keepModule, WasmModule } from '../wasm/module.ts';
import { registerWasmKernels } from '../wasm/register.ts';
import { type StartThread, startThreads } from '../wasm/threads.ts';
import { runBatchesSingly } from './wasm-batches.ts';
import { withSharedMemory } from './wasm-binary.ts';
import { shareClones } from './wasm-identity.ts';
import { activate } from './webgpu.ts';

/** Where the binaries are, and how to get at them in this place. */
export interface WasmFiles {
  /** tfjs's two that have no threads of their own. */
  plain: string;
  simd: string;
  /** Ours. */
  kernels: Record<KernelBuild, string>;
  read: (address: string) => Promise<ArrayBuffer>;
  startThread: StartThread;
}

/** More would find too little work in a step of the presets. */
const MOST_THREADS = 8;
/** In pages of 64 KiB: what tfjs's module asks for. */
const FIRST_PAGES = 256;
const MOST_PAGES = 65_536;

let opening: Promise<number> | null = null;

/**
 * Makes tfjs use WASM, with up to `threads` threads; more than one needs cross-origin isolation. Returns how many work.
 * One of them gives way while the page asks for it by the word `rightOfWay` (core/right-of-way.ts).
 * The first call decides: tfjs has one WASM backend for the life of the page.
 * @throws BackendError when tfjs ends up on another backend.
 */
export async function startWasm(
  files: WasmFiles,
  threads: number,
  rightOfWay: SharedArrayBuffer | null = null,
): Promise<number> {
  opening ??= open(files, Math.min(threads, MOST_THREADS), rightOfWay);
  const working = await opening;
  await activate('wasm');
  return working;
}

async function open(
  files: WasmFiles,
  threads: number,
  rightOfWay: SharedArrayBuffer | null,
): Promise<number> {
  const simd = Boolean(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
  const shared = simd && threads > 1 && canShareMemory();
  const binary = await files.read(simd ? files.simd : files.plain);
  const address = URL.createObjectURL(new Blob([shared ? withSharedMemory(binary) : binary]));
  // tfjs's build for threads stays out: withSharedMemory says why.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  setWasmPaths(
    {
      'tfjs-backend-wasm.wasm': address,
      'tfjs-backend-wasm-simd.wasm': address,
      'tfjs-backend-wasm-threaded-simd.wasm': address,
    },
    true,
  );
  try {
    await activate('wasm');
  } finally {
    URL.revokeObjectURL(address);
  }
  runBatchesSingly();
  shareClones();
  const compiled = await compileKernels(files, shared);
  const backend = tf.backend();
  // Without SIMD the ops stay compositions of tfjs's kernels.
  if (!compiled || !(backend instanceof BackendWasm)) return 1;
  const module = new WasmModule(backend, compiled, shared ? threads : 1);
  keepModule(backend, module);
  registerWasmKernels();
  return startThreads(module, files.startThread, rightOfWay);
}

/** The fastest build that this place takes, or null. */
async function compileKernels(files: WasmFiles, shared: boolean): Promise<WebAssembly.Module | null> {
  const builds: KernelBuild[] = shared ? ['sharedRelaxed', 'shared'] : ['relaxed', 'plain'];
  for (const build of builds) {
    const binary = await files.read(files.kernels[build]);
    if (WebAssembly.validate(binary)) return WebAssembly.compile(binary);
  }
  return null;
}

function canShareMemory(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MOST_PAGES, shared: true });
    return memory.buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}
