/** A DINO step out of stock tfjs ops and stock gradients: what the project's own step is measured against. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';
import type { NaiveStart, NamedValues, StepInputs } from './inputs.ts';
import { type BatchMoments, constant, softmax, type Tensors } from './layers.ts';
import { type Batch, backbone, head } from './network.ts';

const BATCH_NORM_MOMENTUM = 0.1;
const CLIP_EPSILON = 1e-6;

interface Moments {
  m: tf.Tensor;
  v: tf.Tensor;
  updates: number;
}

const tensorsOf = (values: readonly NamedValues[]): Map<string, tf.Tensor> =>
  new Map(values.map(({ name, shape, values: numbers }) => [name, tf.tensor(numbers, shape)]));

const decays = (name: string, parameter: tf.Tensor) => parameter.rank > 1 && !name.endsWith('.bias');

export class NaiveRun {
  private readonly settings: NaiveStart['settings'];
  private readonly student: Map<string, tf.Tensor>;
  private readonly teacher: Map<string, tf.Tensor>;
  /** Running statistics, kept for the state dict. */
  private readonly studentBuffers: Map<string, tf.Tensor>;
  private readonly teacherBuffers: Map<string, tf.Tensor>;
  private readonly moments = new Map<string, Moments>();
  private readonly trainable: string[];
  private center: tf.Tensor;

  constructor({ settings, parameters, buffers }: NaiveStart) {
    this.settings = settings;
    this.student = tensorsOf(parameters);
    this.teacher = tensorsOf(parameters);
    this.studentBuffers = tensorsOf(buffers);
    this.teacherBuffers = tensorsOf(buffers);
    this.trainable = [...this.student.keys()].filter(
      (name) => !(settings.head.normLastLayer && name === 'head.last_layer.weight_g'),
    );
    const [prototypes = 0] = this.student.get('head.last_layer.weight_v')?.shape ?? [];
    this.center = tf.zeros([1, prototypes]);
  }

  /** Gives one step to the device; the loss comes when it has been done. */
  step(inputs: StepInputs): Promise<number> {
    const { loss, gradients } = this.forwardAndBackward(inputs);
    for (const [name, gradient] of gradients) {
      if (!(inputs.frozen && name.startsWith('head.last_layer.'))) this.update(name, gradient, inputs);
      gradient.dispose();
    }
    this.follow(inputs.momentum);
    return loss.data<'float32'>().then((values) => {
      loss.dispose();
      return values[0] ?? Number.NaN;
    });
  }

  /** Also moves the center and the running statistics. */
  private forwardAndBackward(inputs: StepInputs): { loss: tf.Scalar; gradients: [string, tf.Tensor][] } {
    const made = tf.tidy(() => {
      const { settings } = this;
      const batches = batchesOf(inputs);
      const [globals] = batches;
      if (!globals) throw new RangeError('A step needs views');
      const seen: { teacher: [string, BatchMoments][]; student: [string, BatchMoments][] } = {
        teacher: [],
        student: [],
      };
      const all = { ...globals, keep: () => null };
      const logits = head(this.teacher, backbone(this.teacher, all, settings), settings, (name, moments) =>
        seen.teacher.push([name, moments]),
      ); // [2·batch, K]
      const targets = softmax(tf.div(tf.sub(logits, this.center), tf.scalar(inputs.teacherTemp)));

      const parameters = this.trainable.map((name) => this.student.get(name) ?? tf.scalar(0));
      const { value, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => {
        const p: Tensors = new Map([
          ...this.student,
          ...this.trainable.map((name, i): [string, tf.Tensor] => [name, given[i] ?? tf.scalar(0)]),
        ]);
        const cls = batches.map((batch) => backbone(p, batch, settings));
        const student = head(p, tf.concat(cls, 0), settings, (name, { mean, variance }) =>
          // The scope of the gradients ends before the statistics are used.
          seen.student.push([name, { mean: tf.keep(mean), variance: tf.keep(variance) }]),
        ); // [views·batch, K]
        return this.loss(student, targets);
      })(parameters);

      const center = this.nextCenter(logits);
      const teacherRows = logits.shape[0] ?? 0;
      const studentRows = batches.reduce((sum, { patches }) => sum + patches.shape[0], 0);
      const statistics = {
        teacher: seen.teacher.flatMap(([name, m]) => blend(this.teacherBuffers, name, m, teacherRows)),
        student: seen.student.flatMap(([name, m]) => blend(this.studentBuffers, name, m, studentRows)),
      };
      for (const [, { mean, variance }] of seen.student) tf.dispose([mean, variance]);
      return { value, grads, center, statistics };
    });
    this.center.dispose();
    this.center = made.center;
    replace(this.teacherBuffers, made.statistics.teacher);
    replace(this.studentBuffers, made.statistics.student);
    return {
      loss: tf.tidy(() => tf.reshape(made.value, [])),
      gradients: this.trainable.map((name, i) => {
        const gradient = made.grads[i];
        if (!gradient) throw new RangeError(`"${name}" has no gradient`);
        return [name, gradient];
      }),
    };
  }

  /** Mean over the pairs of different views of the cross-entropy, in one product: student [views·batch, K]. */
  private loss(student: tf.Tensor, targets: tf.Tensor): tf.Scalar {
    const views = 2 + this.settings.views.localCount;
    const batch = (student.shape[0] ?? 0) / views;
    const logP = tf.logSoftmax(tf.mul(student, constant(1 / this.settings.loss.studentTemp)));
    const [first, second] = tf.split(targets, 2, 0);
    if (!first || !second) throw new RangeError('The teacher sees two views');
    const both = tf.add(first, second);
    const wanted = tf.concat([second, first, ...Array.from({ length: views - 2 }, () => both)], 0);
    return tf.mul(tf.sum(tf.mul(wanted, logP)), constant(-1 / (2 * (views - 1) * batch)));
  }

  private nextCenter(logits: tf.Tensor): tf.Tensor {
    const { centerMomentum } = this.settings.loss;
    const mean = tf.mean(logits, 0, true);
    return tf.add(tf.mul(this.center, constant(centerMomentum)), tf.mul(mean, constant(1 - centerMomentum)));
  }

  /** Clips by the tensor's own norm, then AdamW with torch's order of operations. */
  private update(name: string, raw: tf.Tensor, inputs: StepInputs): void {
    const { beta1, beta2, epsilon, clipNorm } = this.settings.optimizer;
    const parameter = this.student.get(name);
    if (!parameter) throw new RangeError(`There is no "${name}"`);
    const old = this.moments.get(name);
    const updates = (old?.updates ?? 0) + 1;
    const { lr } = inputs;
    const decay = decays(name, parameter) ? inputs.weightDecay : 0;
    const made = tf.tidy(() => {
      const norm = tf.sqrt(tf.sum(tf.square(raw)));
      const factor = tf.minimum(
        tf.div(constant(clipNorm), tf.add(norm, constant(CLIP_EPSILON))),
        constant(1),
      );
      const gradient = tf.mul(raw, factor);
      const fresh = tf.mul(gradient, constant(1 - beta1));
      const freshSquare = tf.mul(tf.square(gradient), constant(1 - beta2));
      const m = old ? tf.add(tf.mul(old.m, constant(beta1)), fresh) : fresh;
      const v = old ? tf.add(tf.mul(old.v, constant(beta2)), freshSquare) : freshSquare;
      const corrected = tf.mul(tf.sqrt(v), tf.scalar(1 / Math.sqrt(1 - beta2 ** updates)));
      const move = tf.div(
        tf.mul(m, tf.scalar(lr / (1 - beta1 ** updates))),
        tf.add(corrected, constant(epsilon)),
      );
      const decayed = decay === 0 ? parameter : tf.mul(parameter, tf.scalar(1 - lr * decay));
      return { parameter: tf.sub(decayed, move), m, v };
    });
    tf.dispose([parameter, ...(old ? [old.m, old.v] : [])]);
    this.student.set(name, made.parameter);
    this.moments.set(name, { m: made.m, v: made.v, updates });
  }

  /** The teacher's moving average. */
  private follow(momentum: number): void {
    const [m, complement] = [tf.scalar(momentum), tf.scalar(1 - momentum)];
    for (const [name, old] of this.teacher) {
      const student = this.student.get(name);
      if (!student) throw new RangeError(`There is no "${name}"`);
      this.teacher.set(
        name,
        tf.tidy(() => tf.add(tf.mul(old, m), tf.mul(student, complement))),
      );
      old.dispose();
    }
    tf.dispose([m, complement]);
  }

  dispose(): void {
    const networks = [this.student, this.teacher, this.studentBuffers, this.teacherBuffers];
    tf.dispose(networks.flatMap((tensors) => [...tensors.values()]));
    tf.dispose([this.center, ...[...this.moments.values()].flatMap(({ m, v }) => [m, v])]);
  }
}

function batchesOf({ views, kept }: StepInputs): Batch[] {
  let first = 0;
  return views.map(({ patches, sequences, rows, columns }) => {
    const from = first;
    first += sequences;
    const width = patches.length / (sequences * rows * columns);
    const branches = new Map(
      kept.map(({ block, branch, keep }) => [
        `${block} ${branch}`,
        tf.tensor3d(keep.slice(from, from + sequences), [sequences, 1, 1]),
      ]),
    );
    return {
      patches: tf.tensor3d(patches, [sequences, rows * columns, width]),
      rows,
      columns,
      keep: (block, branch) => branches.get(`${block} ${branch}`) ?? null,
    };
  });
}

/** Running statistics of a BatchNorm after a batch of `rows`; torch keeps the unbiased variance. */
function blend(
  buffers: Tensors,
  name: string,
  { mean, variance }: BatchMoments,
  rows: number,
): [string, tf.Tensor][] {
  const mixed = (what: string, fresh: tf.Tensor, factor: number): [string, tf.Tensor] => {
    const key = `${name}.${what}`;
    const old = buffers.get(key);
    if (!old) throw new RangeError(`There is no "${key}"`);
    return [
      key,
      tf.add(
        tf.mul(old, constant(1 - BATCH_NORM_MOMENTUM)),
        tf.mul(fresh, constant(BATCH_NORM_MOMENTUM * factor)),
      ),
    ];
  };
  return [mixed('running_mean', mean, 1), mixed('running_var', variance, rows / (rows - 1))];
}

function replace(buffers: Map<string, tf.Tensor>, fresh: readonly [string, tf.Tensor][]): void {
  for (const [name, tensor] of fresh) {
    buffers.get(name)?.dispose();
    buffers.set(name, tensor);
  }
}
