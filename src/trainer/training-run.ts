/** A run: its state, its schedule and its batches, advanced one step at a time. */
import type * as tf from '@tensorflow/tfjs-core';
import { planRun, type RunPlan } from '../config/plan.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { commitStep, discardStep } from '../dino/commit.ts';
import { drawDropPath } from '../dino/drop-path.ts';
import { disposeRun, holdRun, initialRun, type RunState } from '../dino/run-state.ts';
import { planSchedule, type Schedule, type StepValues } from '../dino/schedule.ts';
import { type StepSettings, trainStep } from '../dino/step.ts';
import { type NetworkSpec, networkSpec, parameterCount } from '../model/specs.ts';
import { compileShaders } from '../ops/device/webgpu.ts';
import type { ScheduleCurves, StepMetrics } from '../protocol/values.ts';
import { batchPlan, packBatch } from './batches.ts';
import { scheduleSettings, stepSettings } from './run-settings.ts';

/** A step that has been given to the device; its figures come when the device has done it. */
export interface PendingStep {
  figures: Promise<Omit<StepMetrics, 'seconds'>>;
}

const CURVE_POINTS = 200;

export class TrainingRun {
  readonly config: RunConfig;
  readonly plan: RunPlan;
  readonly spec: NetworkSpec;
  readonly settings: StepSettings;
  /** Parameters of one network. */
  readonly parameters: number;
  private readonly schedule: Schedule;
  private readonly batchOf: ReturnType<typeof batchPlan>;
  private readonly catalogue: Catalogue;
  private begun: RunState | null = null;
  private shadersReady = false;

  /** @throws SettingsError when the settings do not fit the images. */
  constructor(config: RunConfig, catalogue: Catalogue) {
    this.config = config;
    this.catalogue = catalogue;
    this.plan = planRun(config, catalogue.trainCount);
    this.schedule = planSchedule(scheduleSettings(config, this.plan));
    this.settings = stepSettings(config);
    this.spec = networkSpec(this.settings.shape);
    this.parameters = parameterCount(this.spec);
    this.batchOf = batchPlan(catalogue, config, this.plan.stepsPerEpoch);
  }

  /** The networks are made when they are first needed: large ones take seconds. */
  private get state(): RunState {
    this.begun ??= initialRun(this.settings.shape, this.config.training.seed);
    return this.begun;
  }

  /** Steps done, or given to the device. */
  get step(): number {
    return this.begun?.step ?? 0;
  }

  get finished(): boolean {
    return this.step >= this.plan.stopStep;
  }

  /** Compiles the step's shaders side by side; does nothing on other backends or a second time. */
  async prepare(): Promise<void> {
    if (this.shadersReady) return;
    const at = this.schedule.at(this.state.step);
    // What is computed while compiling is void, so nothing of it is kept.
    await compileShaders(() => discardStep(this.state, () => this.compute(at)));
    this.shadersReady = true;
  }

  /** Gives the next step to the device. */
  advance(): PendingStep {
    const step = this.state.step;
    const at = this.schedule.at(step);
    const { next, scalars } = commitStep(this.state, () => this.compute(at));
    this.begun = next;
    return { figures: this.read(scalars, step, at) };
  }

  private compute(at: StepValues) {
    const step = this.state.step;
    const views = packBatch(this.catalogue, this.config, this.batchOf(step));
    const { dropPath, depth } = this.config.backbone;
    const draw = drawDropPath(dropPath, depth, views.layout, this.config.training.seed, step);
    return trainStep(this.state, views, at, draw, this.settings);
  }

  private async read(
    scalars: tf.Tensor1D,
    step: number,
    at: StepValues,
  ): Promise<Omit<StepMetrics, 'seconds'>> {
    const values = await scalars.data<'float32'>();
    scalars.dispose();
    const [
      loss = Number.NaN,
      teacherEntropy = Number.NaN,
      featureSpread = Number.NaN,
      gradNorm = Number.NaN,
    ] = values;
    return {
      step: step + 1,
      epoch: (step + 1) / this.plan.stepsPerEpoch,
      loss,
      lr: at.lr,
      weightDecay: at.weightDecay,
      momentum: at.momentum,
      teacherTemp: at.teacherTemp,
      teacherEntropy,
      // Every teacher view is in equally many pairs, so the cross-entropy splits into entropy and divergence.
      kl: loss - teacherEntropy,
      featureSpread,
      gradNorm,
    };
  }

  /** The present state under tensors of its own; give it back to `release`. */
  hold(): RunState {
    return holdRun(this.state);
  }

  release(held: RunState): void {
    disposeRun(held);
  }

  curves(): ScheduleCurves {
    const { totalSteps } = this.plan;
    const count = Math.min(CURVE_POINTS, totalSteps);
    const steps = Array.from({ length: count }, (_, i) =>
      count === 1 ? 0 : Math.round((i * (totalSteps - 1)) / (count - 1)),
    );
    const values = steps.map((step) => this.schedule.at(step));
    return {
      steps: steps.map((step) => step + 1),
      lr: values.map((at) => at.lr),
      weightDecay: values.map((at) => at.weightDecay),
      momentum: values.map((at) => at.momentum),
      teacherTemp: values.map((at) => at.teacherTemp),
    };
  }

  dispose(): void {
    if (this.begun) disposeRun(this.begun);
    this.begun = null;
  }
}
