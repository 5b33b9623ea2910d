/** Time spent in each tfjs kernel; means something only where kernels run synchronously (WASM, cpu). */
import * as tf from '@tensorflow/tfjs-core';

export interface KernelTime {
  name: string;
  /** A step. */
  milliseconds: number;
  calls: number;
}

export interface KernelWatch {
  /** Averages over `steps` steps, the slowest first. */
  report(steps: number): KernelTime[];
}

/** Wraps every kernel of the backend; kernels that call others count as themselves alone. */
export function watchKernels(backend: string): KernelWatch {
  const times = new Map<string, { milliseconds: number; calls: number }>();
  let depth = 0;
  for (const config of tf.getKernelsForBackend(backend)) {
    const run = config.kernelFunc;
    config.kernelFunc = (call) => {
      const begun = performance.now();
      depth++;
      const output = run(call);
      depth--;
      if (depth === 0) {
        const a = call.inputs.a;
        const batched = config.kernelName === 'BatchMatMul' && a !== undefined && a.shape.length > 2;
        const name = batched ? 'BatchMatMul, 3-d' : config.kernelName;
        const time = times.get(name) ?? { milliseconds: 0, calls: 0 };
        times.set(name, {
          milliseconds: time.milliseconds + performance.now() - begun,
          calls: time.calls + 1,
        });
      }
      return output;
    };
  }
  return {
    report: (steps) =>
      [...times]
        .map(([name, { milliseconds, calls }]) => ({
          name,
          milliseconds: milliseconds / steps,
          calls: calls / steps,
        }))
        .sort((a, b) => b.milliseconds - a.milliseconds),
  };
}
