/** The loss over all pairs of views in one pass each way: nothing of the size of the logits is kept between the two. */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { AdapterTraits } from './backend.ts';
import { inputOf, matrixShape, numberOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { rowShader } from './rows.ts';
import { folded, type Shader } from './shader.ts';

/** Sum of `count` values in one workgroup, times `scale`. */
export function scaledSum(traits: AdapterTraits, name: string, count: number, scale: number): Shader {
  return rowShader(
    traits,
    {
      name,
      variables: [
        ['values', 'read', 'V'],
        ['result', 'read_write', 'f32'],
      ],
      body: /* wgsl */ `
  var sum = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) { sum += total(values[i]); }
  let all = teamSum(vec4f(sum, 0.0, 0.0, 0.0), lane).x;
  if (lane == 0u) { result[0] = all * ${scale}; }`,
    },
    1,
    count,
  );
}

/**
 * WGSL: the running maximum `most` of a lane's logits, and the `sum` of their exponentials under it. The start is
 * finite, because the difference to it is taken; its exponential is 0.
 */
export const ONLINE_START = /* wgsl */ `
  var most = -1e30;
  var sum = 0.0;`;

interface Pairs {
  batch: number;
  inverseTemp: number;
  /** 1 / (pairs · batch). */
  scale: number;
}

function pairsOf(student: TensorInfo, settings: NamedAttrMap): Pairs {
  const [rows] = matrixShape(student);
  const views = numberOf(settings, 'views');
  const batch = rows / views;
  return { batch, inverseTemp: 1 / numberOf(settings, 'studentTemp'), scale: 1 / (2 * (views - 1) * batch) };
}

/**
 * WGSL: what the teacher asks of a student's row, from both of its views of the image. Global view 0 learns from the
 * teacher's view 1 and the other way round; a local view learns from both.
 */
const wanted = ({ batch }: Pairs) => /* wgsl */ `
fn wanted(row: u32, i: u32) -> V {
  let view = row / ${batch}u;
  let image = row % ${batch}u;
  let first = targets[image * WIDTH + i] * select(0.0, 1.0, view != 0u);
  return first + targets[(${batch}u + image) * WIDTH + i] * select(0.0, 1.0, view != 1u);
}`;

/**
 * {student [views·batch, K], targets [2·batch, K]} settings {views, studentTemp} → the loss [], and for each row of
 * the student its greatest logit over the temperature, the logarithm of Σ exp below it, and Σ of what is wanted.
 */
const CROSS_VIEW_LOSS: GpuKernel = {
  name: 'CrossViewLoss',
  run(backend, inputs, settings) {
    const [student, targets] = [inputOf(inputs, 'student'), inputOf(inputs, 'targets')];
    const [rows, prototypes] = matrixShape(student);
    const pairs = pairsOf(student, settings);
    const losses = backend.output([rows]);
    const statistics = backend.output([rows, 3]);
    const shader = rowShader(
      backend.traits,
      {
        name: 'CrossViewLoss',
        variables: [
          ['student', 'read', 'V'],
          ['targets', 'read', 'V'],
          ['losses', 'read_write', 'f32'],
          ['statistics', 'read_write', 'f32'],
        ],
        before: wanted(pairs),
        // Σ q·(z − most) and Σ q grow along with the softmax's sum, and follow its maximum.
        body: /* wgsl */ `${ONLINE_START}
  var along = 0.0;
  var mass = 0.0;
  for (var i = lane; i < WIDTH; i += LANES) {
    let z = student[start + i] * ${pairs.inverseTemp};
    let q = wanted(row, i);
    let next = max(most, peak(z));
    let below = z - next;
    sum = sum * exp(most - next) + total(exp(below));
    along += mass * (most - next) + total(q * below);
    mass += total(q);
    most = next;
  }
  let top = teamMax(most, lane);
  let sums = teamSum(vec4f(sum * exp(most - top), along + mass * (most - top), mass, 0.0), lane);
  if (lane == 0u) {
    let logSum = log(sums.x);
    losses[row] = sums.z * logSum - sums.y;
    statistics[3u * row] = top;
    statistics[3u * row + 1u] = logSum;
    statistics[3u * row + 2u] = sums.z;
  }`,
      },
      rows,
      prototypes,
    );
    backend.dispatch(shader, [student, targets, losses, statistics], folded(rows));
    const loss = backend.output([]);
    backend.dispatch(scaledSum(backend.traits, 'CrossViewLossMean', rows, pairs.scale), [losses, loss], [1]);
    backend.disposeData(losses.dataId);
    return [loss, statistics];
  },
};

/** {dy [], student, targets, statistics} and the same settings → dstudent. */
const CROSS_VIEW_LOSS_GRADIENT: GpuKernel = {
  name: 'CrossViewLossGradient',
  run(backend, inputs, settings) {
    const student = inputOf(inputs, 'student');
    const [rows, prototypes] = matrixShape(student);
    const pairs = pairsOf(student, settings);
    const dstudent = backend.output([rows, prototypes]);
    const shader = rowShader(
      backend.traits,
      {
        name: 'CrossViewLossGradient',
        variables: [
          ['dy', 'read', 'f32'],
          ['student', 'read', 'V'],
          ['targets', 'read', 'V'],
          ['statistics', 'read', 'f32'],
          ['dstudent', 'read_write', 'V'],
        ],
        before: wanted(pairs),
        body: /* wgsl */ `
  let top = statistics[3u * row];
  let logSum = statistics[3u * row + 1u];
  let mass = statistics[3u * row + 2u];
  let scale = dy[0] * ${pairs.scale * pairs.inverseTemp};
  for (var i = lane; i < WIDTH; i += LANES) {
    let expected = exp(student[start + i] * ${pairs.inverseTemp} - top - logSum) * mass;
    dstudent[start + i] = (expected - wanted(row, i)) * scale;
  }`,
      },
      rows,
      prototypes,
    );
    const held = [inputOf(inputs, 'dy'), student, inputOf(inputs, 'targets'), inputOf(inputs, 'statistics')];
    backend.dispatch(shader, [...held, dstudent], folded(rows));
    return [dstudent];
  },
};

export const LOSS_KERNELS: readonly GpuKernel[] = [CROSS_VIEW_LOSS, CROSS_VIEW_LOSS_GRADIENT];
