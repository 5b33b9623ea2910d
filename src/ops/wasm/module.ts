/** Our WASM module beside tfjs's, on the same heap: kernels take the addresses of tensors, and nothing is copied. */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as tf from '@tensorflow/tfjs-core';

/** What src/ops/wasm/assembly/index.ts exports. */
const FUNCTIONS = [
  'adam',
  'applyGelu',
  'assemble',
  'assembleGradient',
  'attention',
  'attentionGradient',
  'attentionGradientScratch',
  'attentionScratch',
  'batchNorm',
  'batchNorm2d',
  'batchNorm2dGradient',
  'batchNorm2dScratch',
  'batchNormGradient',
  'blend',
  'crossViewLoss',
  'crossViewLossGradient',
  'fixedNorm2d',
  'layerNorm',
  'layerNormGradient',
  'layerNormScratch',
  'open',
  'outer',
  'outerScratch',
  'product',
  'productScratch',
  'select',
  'sgd',
  'spread',
  'squares',
  'squaresScratch',
  'targets',
  'unitRows',
  'unitRowsGradient',
  'windowRows',
  'windowSums',
] as const;
export type KernelFunction = (typeof FUNCTIONS)[number];

type Callable = (...values: number[]) => unknown;

/** Alignment of what is not a tensor: a line of the cache. */
const LINE = 64;
/** The pool's block: its head, and a tile’s buffer and some room for each thread (assembly/pool.ts). */
const POOL_BYTES = 640;
const POOL_BYTES_A_THREAD = 2240;

export class HeapError extends Error {
  constructor(what: string) {
    super(`The WASM kernels cannot work on tfjs's heap: ${what}`);
    this.name = 'HeapError';
  }
}

/** The memory behind the backend's tensors. @throws HeapError when tfjs keeps it elsewhere than it did. */
function heapMemory({ wasm }: BackendWasm): WebAssembly.Memory {
  const exports: unknown = Reflect.get(wasm, 'asm');
  const memory: unknown = typeof exports === 'object' && exports && Reflect.get(exports, 'memory');
  if (!(memory instanceof WebAssembly.Memory)) throw new HeapError('its module exports no memory');
  const values: unknown = Reflect.get(wasm, 'HEAPU8');
  if (!(values instanceof Uint8Array) || values.buffer !== memory.buffer)
    throw new HeapError('the memory found is not the one of its tensors');
  return memory;
}

/** A function of tfjs's module. @throws HeapError when it has none of that name. */
function heapFunction({ wasm }: BackendWasm, name: '_malloc' | '_free'): Callable {
  const found: unknown = Reflect.get(wasm, name);
  if (typeof found !== 'function') throw new HeapError(`its module has no ${name}`);
  return (...values) => found(...values);
}

export class WasmModule {
  readonly memory: WebAssembly.Memory;
  readonly compiled: WebAssembly.Module;
  /** Where the threads find their work. */
  readonly pool: number;
  readonly threads: number;
  private readonly backend: BackendWasm;
  private readonly malloc: Callable;
  private readonly free: Callable;
  private readonly functions: ReadonlyMap<KernelFunction, Callable>;
  private block = { address: 0, start: 0, bytes: 0 };

  /** @throws HeapError */
  constructor(backend: BackendWasm, compiled: WebAssembly.Module, threads: number) {
    this.backend = backend;
    this.compiled = compiled;
    this.threads = threads;
    this.memory = heapMemory(backend);
    this.malloc = heapFunction(backend, '_malloc');
    this.free = heapFunction(backend, '_free');
    const { exports } = new WebAssembly.Instance(compiled, {
      env: { memory: this.memory },
      // Asked by the other threads only.
      pool: { giveWay: () => undefined },
    });
    this.functions = new Map(
      FUNCTIONS.map((name) => {
        const found = exports[name];
        if (typeof found !== 'function') throw new HeapError(`the module has no function ${name}`);
        return [name, (...values: number[]): unknown => found(...values)];
      }),
    );
    const bytes = POOL_BYTES + POOL_BYTES_A_THREAD * threads;
    this.pool = aligned(this.allocate(bytes + LINE));
    new Uint8Array(this.memory.buffer, this.pool, bytes).fill(0);
    this.call('open', this.pool, threads);
  }

  call(name: KernelFunction, ...values: number[]): number {
    const result = this.functions.get(name)?.(...values);
    return typeof result === 'number' ? result : 0;
  }

  /** Where a tensor's values begin; 0 for none. */
  address(tensor: tf.TensorInfo | undefined): number {
    return tensor ? this.backend.getMemoryOffset(tensor.dataId) : 0;
  }

  addresses(...tensors: (tf.TensorInfo | undefined)[]): number[] {
    return tensors.map((tensor) => this.address(tensor));
  }

  /** The first value of a tensor. */
  value(tensor: tf.TensorInfo): number {
    const [value = Number.NaN] = new Float32Array(this.memory.buffer, this.address(tensor), 1);
    return value;
  }

  /** A new tensor, whose values are whatever the heap held. */
  output(shape: number[]): tf.TensorInfo {
    return this.backend.makeOutput(shape, 'float32');
  }

  /** Room for a kernel's temporary values, until the next call. */
  scratch(bytes: number): number {
    if (bytes > this.block.bytes) {
      if (this.block.address) this.free(this.block.address);
      const address = this.allocate(bytes + LINE);
      this.block = { address, start: aligned(address), bytes };
    }
    return this.block.start;
  }

  private allocate(bytes: number): number {
    const address = Number(this.malloc(bytes)) >>> 0;
    if (address === 0) throw new HeapError(`${bytes} bytes are more than is left of it`);
    return address;
  }
}

const aligned = (address: number): number => Math.ceil(address / LINE) * LINE;

const opened = new WeakMap<object, WasmModule>();

/** Notes which module works on the backend's heap. */
export function keepModule(backend: BackendWasm, module: WasmModule): void {
  opened.set(backend, module);
}

/** The module on this backend's heap, or null. */
export function moduleOn(backend: object): WasmModule | null {
  return opened.get(backend) ?? null;
}

/** The same where there must be one. @throws HeapError */
export function moduleOf(backend: unknown): WasmModule {
  const module = backend instanceof BackendWasm ? moduleOn(backend) : null;
  if (!module) throw new HeapError('no module was opened on it');
  return module;
}
