/** The optimizer's loops on our WASM module; the values lie on its heap. */
import type { UpdateLoops } from '../update-loops.ts';
import type { WasmModule } from './module.ts';

/** @see update-loops.ts */
export function wasmLoops(module: WasmModule): UpdateLoops {
  return {
    sumOfSquares: (values) =>
      module.call(
        'squares',
        values.byteOffset,
        values.length,
        module.scratch(module.call('squaresScratch', values.length)),
      ),
    blend: (teacher, student, momentum, complement) => {
      module.call('blend', teacher.byteOffset, student.byteOffset, teacher.length, momentum, complement);
    },
    adam: (parameter, gradient, first, second, n, { kind, beta1, beta2, epsilon }) => {
      const coupled = kind === 'adam';
      module.call(
        'adam',
        parameter.byteOffset,
        gradient.byteOffset,
        first.byteOffset,
        second.byteOffset,
        parameter.length,
        n.coefficient,
        coupled ? n.weightDecay : 0,
        coupled ? 1 : n.keep,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        n.stepSize,
        n.secondCorrection,
        epsilon,
      );
    },
    sgd: (parameter, gradient, buffer, { coefficient, weightDecay, lr }, { sgdMomentum }) => {
      const [p, g, b] = [parameter.byteOffset, gradient.byteOffset, buffer.byteOffset];
      module.call('sgd', p, g, b, parameter.length, coefficient, weightDecay, sgdMomentum, lr);
    },
  };
}
