/** Linear layers: one GEMM each way, with the bias, GELU, residual and drop path in its epilogue. */
import type * as tf from '@tensorflow/tfjs-core';
import type { GpuBackend } from './backend.ts';
import { GELU_TEXT } from './gelu.ts';
import type { GemmTask } from './gemm.ts';
import { runGemm, variantFor } from './gemm-choice.ts';
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, KernelCallError, matrixShape } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, type Variable } from './rows.ts';

/** {x [m, k], w [k, n], b?, residual?, keep?} {gelu} → [y], or [gelu(y), y]; y = residual + keep·(x·w + b). */
const LINEAR: GpuKernel = {
  name: 'Linear',
  run(backend, inputs, { gelu }) {
    const [x, w] = [inputOf(inputs, 'x'), inputOf(inputs, 'w')];
    const { b, residual, keep } = inputs;
    const [m, k] = matrixShape(x);
    const [, n] = matrixShape(w);
    const y = backend.output([m, n]);
    const hidden = gelu ? backend.output([m, n]) : undefined;
    const bound = present([
      [['bias', 'read', 'V'], b],
      [['keep', 'read', 'f32'], keep],
      [['residual', 'read', 'V'], residual],
      [['hidden', 'read_write', 'V'], hidden],
      [['y', 'read_write', 'V'], y],
    ]);
    const task: GemmTask = {
      name: 'Linear',
      form: 'NN',
      m,
      n,
      k,
      variables: bound.variables,
      before: gelu ? GELU_TEXT : '',
      finish: [
        '  var value = sum;',
        b ? '  value += bias[column];' : '',
        keep ? '  value *= keep[row];' : '',
        residual ? '  value += residual[at];' : '',
        gelu ? '  hidden[at] = gelu(value);' : '',
        '  y[at] = value;',
      ].join('\n'),
    };
    runGemm(backend, task, [x, w, ...bound.tensors]);
    return hidden ? [hidden, y] : [y];
  },
};

/** {dy [m, n], w [k, n], pre [m, k]?, keep?} → [dx [m, k]] = (keep·dy)·wᵀ, times gelu′(pre) where pre is given. */
const LINEAR_INPUT_GRADIENT: GpuKernel = {
  name: 'LinearInputGradient',
  run(backend, inputs) {
    const [dy, w] = [inputOf(inputs, 'dy'), inputOf(inputs, 'w')];
    const { pre, keep } = inputs;
    const [m, k] = matrixShape(dy);
    const [n] = matrixShape(w);
    const dx = backend.output([m, n]);
    const bound = present([
      [['keep', 'read', 'f32'], keep],
      [['pre', 'read', 'V'], pre],
      [['dx', 'read_write', 'V'], dx],
    ]);
    const task: GemmTask = {
      name: 'LinearInputGradient',
      form: 'NT',
      m,
      n,
      k,
      variables: bound.variables,
      before: pre ? GELU_TEXT : '',
      finish: [
        '  var value = sum;',
        keep ? '  value *= keep[row];' : '',
        pre ? '  value *= geluSlope(pre[at]);' : '',
        '  dx[at] = value;',
      ].join('\n'),
    };
    runGemm(backend, task, [dy, w, ...bound.tensors]);
    return [dx];
  },
};

/** {x [rows, m], dy [rows, n], keep?, weight, bias?} → [xᵀ·(keep·dy)], and the sum of keep·dy over the rows. */
const LINEAR_WEIGHT_GRADIENT: GpuKernel = {
  name: 'LinearWeightGradient',
  run(backend, inputs) {
    const { keep, weight, bias } = inputs;
    return outerProduct(backend, 'LinearWeightGradient', {
      a: inputOf(inputs, 'x'),
      b: inputOf(inputs, 'dy'),
      keep,
      weight,
      bias,
    });
  },
};

/** {a, b, weight?} {transposeA, transposeB} → [a·b]; `weight` is the parameter whose gradient that is. */
const PRODUCT: GpuKernel = {
  name: 'Product',
  run(backend, inputs, { transposeA, transposeB }) {
    const [a, b] = [inputOf(inputs, 'a'), inputOf(inputs, 'b')];
    if (transposeA) {
      if (transposeB) throw new KernelCallError('product Aᵀ·Bᵀ: transpose B·A');
      return outerProduct(backend, 'Product', { a, b, weight: inputs.weight });
    }
    const [m, k] = matrixShape(a);
    const [rowsOfB, columnsOfB] = matrixShape(b);
    const n = transposeB ? rowsOfB : columnsOfB;
    const y = gradientOutput(backend, inputs.weight, [m, n]);
    const task: GemmTask = {
      name: 'Product',
      form: transposeB ? 'NT' : 'NN',
      m,
      n,
      k,
      variables: [['y', 'read_write', 'V']],
      finish: '  y[at] = sum;',
    };
    runGemm(backend, task, [a, b, y]);
    return [y];
  },
};

interface Outer {
  a: tf.TensorInfo;
  b: tf.TensorInfo;
  keep?: tf.TensorInfo | undefined;
  weight?: tf.TensorInfo | undefined;
  bias?: tf.TensorInfo | undefined;
}

/** aᵀ·(keep·b), and the sums of keep·b over its rows for a bias; long ones in parts that a second pass adds up. */
function outerProduct(
  backend: GpuBackend,
  name: string,
  { a, b, keep, weight, bias }: Outer,
): tf.TensorInfo[] {
  const [k, m] = matrixShape(a);
  const [, n] = matrixShape(b);
  const dw = gradientOutput(backend, weight, [m, n]);
  const db = bias && gradientOutput(backend, bias, [n]);
  const outputs = db ? [dw, db] : [dw];
  const whole = present([
    [['keep', 'read', 'f32'], keep],
    [['dw', 'read_write', 'V'], dw],
    [['db', 'read_write', 'V'], db],
  ]);
  const task: GemmTask = {
    name,
    form: 'TN',
    m,
    n,
    k,
    keep: keep !== undefined,
    variables: whole.variables,
    finish: '  dw[at] = sum;',
    ...(db && { finishColumns: '  db[column] = sum;' }),
  };
  const variant = variantFor(backend, task);
  const parts = variant.parts(task);
  if (parts === 1) {
    runGemm(backend, task, [a, b, ...whole.tensors], variant);
    return outputs;
  }
  // A part is [m, n], and a row for the sums over b's rows.
  const rows = db ? m + 1 : m;
  const partial = backend.output([parts, rows, n]);
  const split = present([
    [['keep', 'read', 'f32'], keep],
    [['partial', 'read_write', 'V'], partial],
  ]);
  const rowsOfPart = db ? '(M() + 1u)' : 'M()';
  const splitTask: GemmTask = {
    ...task,
    variables: split.variables,
    finish: `  partial[part * ${rowsOfPart} * WIDTH + at] = sum;`,
    ...(db && { finishColumns: `  partial[(part * ${rowsOfPart} + M()) * WIDTH + column] = sum;` }),
  };
  runGemm(backend, splitTask, [a, b, ...split.tensors], variant, parts);
  addParts(backend, `${name} parts`, partial, dw, db);
  backend.disposeData(partial.dataId);
  return outputs;
}

/** partial [parts, rows, n] → its sum over the parts, in their order; the last row is the bias's. */
function addParts(
  backend: GpuBackend,
  name: string,
  partial: tf.TensorInfo,
  dw: tf.TensorInfo,
  db: tf.TensorInfo | undefined,
): void {
  const [parts = 0, rows = 0, n = 0] = partial.shape;
  const [m] = matrixShape(dw);
  const bound = present([
    [['partial', 'read', 'V'], partial],
    [['dw', 'read_write', 'V'], dw],
    [['db', 'read_write', 'V'], db],
  ]);
  const count = (rows * n) / (n % 4 === 0 ? 4 : 1);
  const { shader, grid } = flatShader(
    {
      name,
      variables: bound.variables,
      body: /* wgsl */ `  var sum = partial[i];
  for (var part = 1u; part < ${parts}u; part++) { sum += partial[part * ${count}u + i]; }
${db ? `  if (i >= ${m}u * WIDTH) { db[i - ${m}u * WIDTH] = sum; return; }` : ''}
  dw[i] = sum;`,
    },
    count,
    n,
  );
  backend.dispatch(shader, bound.tensors, grid);
}

/** The variables whose tensors are there, and those tensors. */
function present(all: readonly (readonly [Variable, tf.TensorInfo | undefined])[]): {
  variables: Variable[];
  tensors: tf.TensorInfo[];
} {
  const found = all.filter((entry): entry is [Variable, tf.TensorInfo] => entry[1] !== undefined);
  return { variables: found.map(([variable]) => variable), tensors: found.map(([, tensor]) => tensor) };
}

export const LINEAR_KERNELS: readonly GpuKernel[] = [
  LINEAR,
  LINEAR_INPUT_GRADIENT,
  LINEAR_WEIGHT_GRADIENT,
  PRODUCT,
];
