/** The teacher's targets and the loss over all pairs of views on our WASM module. */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { inputOf, matrixShape, numberOf } from '../webgpu/inputs.ts';
import type { WasmKernel } from './kernel.ts';

const BYTES = 4;

/** {logits [rows, K], center?, inverseTemperature []} → [targets]. */
export const TEACHER_TARGETS: WasmKernel = {
  name: 'TeacherTargets',
  run(module, inputs) {
    const logits = inputOf(inputs, 'logits');
    const [rows, prototypes] = matrixShape(logits);
    const targets = module.output([rows, prototypes]);
    const factor = module.value(inputOf(inputs, 'inverseTemperature'));
    const addresses = module.addresses(logits, inputs.center, targets);
    module.call('targets', ...addresses, rows, prototypes, factor);
    return [targets];
  },
};

/** Sizes and factors that loss and gradient share. */
function pairsOf(student: TensorInfo, settings: NamedAttrMap) {
  const [rows, prototypes] = matrixShape(student);
  const views = numberOf(settings, 'views');
  const batch = rows / views;
  const factor = 1 / numberOf(settings, 'studentTemp');
  return { rows, prototypes, batch, factor, scale: 1 / (2 * (views - 1) * batch) };
}

/** {student [views·batch, K], targets [2·batch, K]} {views, studentTemp} → [loss [], statistics [rows, 3]]. */
export const CROSS_VIEW_LOSS: WasmKernel = {
  name: 'CrossViewLoss',
  run(module, inputs, settings) {
    const student = inputOf(inputs, 'student');
    const { rows, prototypes, batch, factor, scale } = pairsOf(student, settings);
    const outputs = [module.output([]), module.output([rows, 3])];
    const scratch = module.scratch(rows * BYTES);
    const addresses = module.addresses(student, inputOf(inputs, 'targets'), ...outputs);
    module.call('crossViewLoss', ...addresses, rows, prototypes, batch, factor, scale, scratch);
    return outputs;
  },
};

/** {dy [], student, targets, statistics} {views, studentTemp} → [dstudent]. */
export const CROSS_VIEW_LOSS_GRADIENT: WasmKernel = {
  name: 'CrossViewLossGradient',
  run(module, inputs, settings) {
    const given = ['student', 'targets', 'statistics'].map((name) => inputOf(inputs, name));
    const { rows, prototypes, batch, factor, scale } = pairsOf(inputOf(inputs, 'student'), settings);
    const dstudent = module.output([rows, prototypes]);
    const by = module.value(inputOf(inputs, 'dy')) * scale * factor;
    const addresses = module.addresses(...given, dstudent);
    module.call('crossViewLossGradient', ...addresses, rows, prototypes, batch, factor, by);
    return [dstudent];
  },
};
