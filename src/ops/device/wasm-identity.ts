/** Clones on WASM: tfjs copies every value; here a clone is another tensor over the same values, as on WebGPU. */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';

const KERNEL = 'Identity';

let registered = false;

/** tfjs clones whatever an op saves for its gradient, so this spares a copy of every activation. */
export function shareClones(): void {
  if (registered) return;
  registered = true;
  tf.unregisterKernel(KERNEL, 'wasm');
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: ({ inputs, backend }) => {
      const { x } = inputs;
      if (!x || !(backend instanceof BackendWasm)) throw new TypeError('Not a tensor of the WASM backend');
      backend.incRef(x.dataId);
      return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
    },
  });
}
