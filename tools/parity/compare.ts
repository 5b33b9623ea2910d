/** Replays a step fixture and compares everything that it holds with what we compute. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunState } from '../../src/dino/run-state.ts';
import { moveCenter, teacherTargets } from '../../src/dino/targets.ts';
import { trainingFeatures } from '../../src/model/backbone.ts';
import { toOfficial } from '../../src/model/border.ts';
import { head } from '../../src/model/head.ts';
import type { Tensors } from '../../src/model/network.ts';
import { isResNet } from '../../src/model/shapes.ts';
import { isTrainable } from '../../src/model/specs.ts';
import { globalViews, lastAttention, type PackedViews, tokenFeatures } from '../../src/model/vit.ts';
import { lossAndGradients } from '../../src/ops/backward.ts';
import { clipGradients } from '../../src/ops/clip.ts';
import { crossViewLoss } from '../../src/ops/cross-view-loss.ts';
import { DrivenRun } from './driven-run.ts';
import type { StepFixture } from './fixture.ts';

/** One quantity: how far we are from the file, and how far we may be. */
export interface Quantity {
  name: string;
  error: number;
  tolerance: number;
  /** How the error is measured, where it is not the largest absolute difference. */
  measure: string;
  passed: boolean;
}

const absolute = (
  name: string,
  error: number,
  tolerance: number,
  measure = 'largest difference',
): Quantity => ({
  name,
  error,
  tolerance,
  measure,
  // A NaN must fail, so the comparison is not turned round.
  passed: error <= tolerance,
});

/** All quantities of the first step and of the whole trajectory, in the order of a step. */
export async function compareWithFixture(fixture: StepFixture): Promise<Quantity[]> {
  const first = fixture.initialRun();
  const driven = new DrivenRun(first, fixture.settings, fixture.views(0).layout);
  await driven.prepare();
  const quantities = [...(await compareForward(fixture, first)), ...(await compareGradients(fixture, first))];
  quantities.push(...(await compareTrajectory(fixture, driven)));
  driven.dispose();
  return quantities;
}

function packedViews(fixture: StepFixture, step: number): PackedViews {
  const { rows, layout } = fixture.views(step);
  const patches = layout.tokens - layout.sequences;
  return { patches: tf.tensor2d(rows, [patches, rows.length / patches]), layout };
}

const inverseTemperature = (fixture: StepFixture) => tf.scalar(1 / (fixture.schedule[0]?.teacherTemp ?? 1));

async function compareForward(fixture: StepFixture, run: RunState): Promise<Quantity[]> {
  const { backbone, head: headShape } = fixture.shape;
  const student = run.student.parameters;
  const teacher = run.teacher.parameters;
  const made = tf.tidy(() => {
    const views = packedViews(fixture, 0);
    const globals = globalViews(views);
    const studentCls = trainingFeatures(student, views, backbone);
    const teacherCls = trainingFeatures(teacher, globals, backbone);
    const teacherLogits = head(teacher, teacherCls, headShape);
    const studentLogits = head(student, studentCls, headShape);
    const targets = teacherTargets(teacherLogits, run.center, inverseTemperature(fixture), fixture.settings);
    // Moved as a step moves the center, but a copy: the run has yet to begin.
    const center1 = tf.add<tf.Tensor2D>(run.center, tf.scalar(0));
    moveCenter(center1, teacherLogits, null, fixture.settings);
    const vit = isResNet(backbone) ? null : backbone;
    const attention = vit ? lastAttention(student, views, vit) : [];
    const batch = fixture.config.batch;
    const firstView = (maps: tf.Tensor4D | undefined) =>
      maps && tf.slice(maps, [0, 0, 0, 0], [batch, -1, -1, -1]);
    const { length } = globals.layout.segments[0] ?? { length: 0 };
    return {
      'out/student_cls': studentCls,
      'out/teacher_cls': teacherCls,
      'out/student_logits': studentLogits,
      'out/teacher_logits': teacherLogits,
      'out/patch_tokens_last': vit
        ? tf.slice(tokenFeatures(student, globals, vit), [0, 0], [batch * length, -1])
        : undefined,
      'out/attn_last_global': firstView(attention[0]),
      'out/attn_last_local': firstView(attention[1]),
      loss: crossViewLoss(studentLogits, targets, fixture.settings.views, fixture.settings.studentTemp),
      center1,
    };
  });
  const tolerances: Record<keyof typeof made, number> = {
    'out/student_cls': 3e-5,
    'out/teacher_cls': 3e-5,
    'out/student_logits': 1e-5,
    'out/teacher_logits': 1e-5,
    'out/patch_tokens_last': 3e-5,
    'out/attn_last_global': 1e-5,
    'out/attn_last_local': 1e-5,
    loss: 1e-5,
    center1: 1e-6,
  };
  const quantities: Quantity[] = [];
  for (const [name, tensor] of Object.entries(made)) {
    if (!tensor || !fixture.has(name)) continue;
    const error = largestDifference(await floats(tensor), fixture.values(name));
    quantities.push(absolute(name, error, tolerances[name as keyof typeof made]));
  }
  tf.dispose(Object.values(made).filter((tensor) => tensor !== undefined));
  return quantities;
}

async function compareGradients(fixture: StepFixture, run: RunState): Promise<Quantity[]> {
  const { backbone, head: headShape } = fixture.shape;
  const student = run.student.parameters;
  const teacher = run.teacher.parameters;
  const made = tf.tidy(() => {
    const views = packedViews(fixture, 0);
    const teacherLogits = head(teacher, trainingFeatures(teacher, globalViews(views), backbone), headShape);
    const targets = teacherTargets(teacherLogits, run.center, inverseTemperature(fixture), fixture.settings);
    const { gradients } = lossAndGradients(run.weights, () =>
      crossViewLoss(
        head(student, trainingFeatures(student, views, backbone), headShape),
        targets,
        fixture.settings.views,
        fixture.settings.studentTemp,
      ),
    );
    const { norms } = clipGradients(gradients, fixture.settings);
    return { gradients: Object.fromEntries(gradients), norms: Object.fromEntries(norms) };
  });
  const tolerance = fixture.config.use_bn ? 1e-4 : 3e-5;
  let worst = 0;
  let worstZero = 0;
  let worstNorm = 0;
  for (const spec of fixture.spec.parameters) {
    const gradient = made.gradients[spec.name];
    const norm = made.norms[spec.name];
    if (!gradient || !norm) continue;
    const ours = toOfficial(spec, await floats(gradient));
    const theirs = fixture.values(`grad/${spec.name}`);
    const zero = zeroSlice(fixture, spec.name);
    const scale = theirs.reduce(
      (largest, value, i) => (zero(i) ? largest : Math.max(largest, Math.abs(value))),
      0,
    );
    let whole = true;
    for (let i = 0; i < theirs.length; i++) {
      const difference = Math.abs((ours[i] ?? Number.NaN) - (theirs[i] ?? 0));
      if (zero(i)) worstZero = worse(worstZero, Math.abs(ours[i] ?? Number.NaN));
      else {
        worst = worse(worst, difference / scale);
        whole = false;
      }
    }
    if (whole) continue;
    const theirNorm = fixture.values(`grad_norm/${spec.name}`)[0] ?? Number.NaN;
    worstNorm = worse(worstNorm, Math.abs(((await floats(norm))[0] ?? Number.NaN) - theirNorm) / theirNorm);
  }
  tf.dispose(made);
  return [
    absolute('grad', worst, tolerance, 'largest difference ÷ largest gradient of its tensor'),
    absolute('grad, zero slices', worstZero, 1e-6, 'largest value where the true gradient is 0'),
    absolute('grad_norm', worstNorm, fixture.config.use_bn ? 1e-4 : 2e-5, 'largest relative difference'),
  ];
}

async function compareTrajectory(fixture: StepFixture, driven: DrivenRun): Promise<Quantity[]> {
  const quantities: Quantity[] = [];
  const theirs = fixture.values('losses');
  const run = driven.state;
  let worstLoss = 0;
  for (let step = 0; step < fixture.config.num_steps; step++) {
    const at = fixture.schedule[step];
    if (!at) break;
    const [loss = Number.NaN] = await driven.step(fixture.views(step).rows, at);
    worstLoss = worse(worstLoss, Math.abs(loss - (theirs[step] ?? Number.NaN)));
    if (step === 0) quantities.push(...(await compareState(fixture, run, 1)));
  }
  const bn = fixture.config.use_bn;
  quantities.push(absolute('losses', worstLoss, bn ? 2e-4 : 3e-5));
  quantities.push(...(await compareState(fixture, run, fixture.config.num_steps)));
  const center = `center${fixture.config.num_steps}`;
  quantities.push(
    absolute(center, largestDifference(await floats(run.center), fixture.values(center)), 2e-6),
  );
  return quantities;
}

async function compareState(fixture: StepFixture, run: RunState, steps: number): Promise<Quantity[]> {
  const { lr, momentum } = {
    lr: fixture.schedule.slice(0, steps).map((at) => at.lr),
    momentum: fixture.schedule.slice(0, steps).map((at) => at.momentum),
  };
  // AdamW may move an element whose gradient is within rounding of 0 by up to 2·lr either way.
  const reach = 2.1 * lr.reduce((a, b) => a + b, 0);
  let follow = 0;
  let moved = 0;
  lr.forEach((value, i) => {
    moved += 2.1 * value;
    follow = follow * (momentum[i] ?? 1) + (1 - (momentum[i] ?? 1)) * moved;
  });
  const usual = steps === 1 ? 1e-6 : fixture.config.use_bn ? 2e-5 : 5e-6;
  const networks = [
    { prefix: `student${steps}/`, network: run.student, farthest: reach },
    { prefix: `teacher${steps}/`, network: run.teacher, farthest: follow },
  ];
  const quantities: Quantity[] = [];
  for (const { prefix, network, farthest } of networks) {
    quantities.push(
      ...(await compareParameters(fixture, prefix, network.parameters, usual, Math.max(farthest, usual))),
    );
    if (fixture.spec.buffers.length > 0)
      quantities.push(...(await compareBuffers(fixture, prefix, network.buffers, steps)));
  }
  return quantities;
}

async function compareParameters(
  fixture: StepFixture,
  prefix: string,
  parameters: Tensors,
  usual: number,
  farthest: number,
): Promise<Quantity[]> {
  let worst = 0;
  let worstOutlier = 0;
  for (const spec of fixture.spec.parameters) {
    const tensor = parameters.get(spec.name);
    if (!tensor) throw new RangeError(`The network has no "${spec.name}"`);
    const ours = toOfficial(spec, await floats(tensor));
    const theirs = fixture.values(prefix + spec.name);
    const zero = zeroSlice(fixture, spec.name);
    const differences = Array.from(theirs, (value, i) => Math.abs((ours[i] ?? Number.NaN) - value))
      .filter((_, i) => !zero(i))
      .sort((a, b) => (Number.isNaN(a) ? -1 : b - a));
    const outliers = isTrainable(spec.name, fixture.shape.head)
      ? Math.max(1, Math.floor(differences.length / 200))
      : 0;
    worstOutlier = worse(worstOutlier, differences[0] ?? 0);
    worst = worse(worst, differences[outliers] ?? 0);
  }
  return [
    absolute(prefix.slice(0, -1), worst, usual, 'largest difference but for max(1, 0.5 %) of a tensor'),
    absolute(`${prefix.slice(0, -1)}, farthest`, worstOutlier, farthest),
  ];
}

/**
 * Running statistics. After an update the means follow the biases before them, whose true gradient is 0 and which
 * AdamW therefore moves at random: tests/fixtures/README.md has the measurements.
 */
async function compareBuffers(
  fixture: StepFixture,
  prefix: string,
  buffers: Tensors,
  steps: number,
): Promise<Quantity[]> {
  const isStudent = prefix.startsWith('student');
  const tolerances =
    steps === 1
      ? { running_mean: 1e-5, running_var: 1e-5, num_batches_tracked: 0 }
      : {
          running_mean: isStudent ? 4e-3 : 4e-4,
          running_var: isStudent ? 4e-4 : 3e-5,
          num_batches_tracked: 0,
        };
  const quantities: Quantity[] = [];
  for (const [kind, tolerance] of Object.entries(tolerances)) {
    let worst = 0;
    for (const { name } of fixture.spec.buffers.filter((buffer) => buffer.name.endsWith(kind))) {
      const tensor = buffers.get(name);
      if (!tensor) throw new RangeError(`The network has no "${name}"`);
      worst = worse(worst, largestDifference(await floats(tensor), fixture.values(prefix + name)));
    }
    quantities.push(absolute(`${prefix}${kind}`, worst, tolerance));
  }
  return quantities;
}

const zeroSlice = (fixture: StepFixture, name: string): ((i: number) => boolean) => {
  const slice = fixture.config.zero_gradient_slices[name];
  return (i) => slice !== undefined && i >= slice[0] && i < slice[1];
};

/** The larger of two errors; NaN is the largest of all. */
const worse = (a: number, b: number): number =>
  Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b);

function largestDifference(ours: Float32Array, theirs: Float32Array): number {
  if (ours.length !== theirs.length) return Number.NaN;
  return ours.reduce((largest, value, i) => worse(largest, Math.abs(value - (theirs[i] ?? Number.NaN))), 0);
}

async function floats(tensor: tf.Tensor): Promise<Float32Array> {
  return Float32Array.from(await tensor.data());
}
