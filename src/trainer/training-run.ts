/** A run: its state, its schedule and its batches, advanced one step at a time. */
import { placeStart, type StartValues } from '../checkpoint/import.ts';
import { type RunTree, runFromTree, treeOf } from '../checkpoint/state.ts';
import { planRun, type RunPlan } from '../config/plan.ts';
import type { RunConfig } from '../config/schema.ts';
import type { Catalogue } from '../data/catalogue.ts';
import {
  countStep,
  disposeRun,
  disposeSnapshot,
  holdRun,
  initialRun,
  type RunSnapshot,
  type RunState,
} from '../dino/run-state.ts';
import { planSchedule, type Schedule, type StepValues } from '../dino/schedule.ts';
import { type StepSettings, trainStep } from '../dino/step.ts';
import { disposeStepInputs, fillStepInputs, makeStepInputs, type StepInputs } from '../dino/step-inputs.ts';
import { isResNet } from '../model/shapes.ts';
import { type NetworkSpec, networkSpec, parameterCount } from '../model/specs.ts';
import { momentCount } from '../ops/optimizers.ts';
import type { ScheduleCurves, StepMetrics } from '../protocol/values.ts';
import { prepareKernels } from './kernel-choices.ts';
import { scheduleSettings, stepSettings } from './run-settings.ts';
import { StepFigures } from './step-figures.ts';
import { StepRunner } from './step-runner.ts';
import { RunViews, type ViewMeans } from './view-source.ts';

/** A step that has been given to the device; its figures come when the device has done it. */
export interface PendingStep {
  figures: Promise<Omit<StepMetrics, 'seconds'>>;
}

/** A step that is about to be given to the device: all that it will read, views included, and what it will change. */
export interface ComingStep {
  state: RunState;
  inputs: StepInputs;
  at: StepValues;
}

const CURVE_POINTS = 200;

/** What a run has on the device; it stays there, unchanged in identity, until the run is disposed of. */
interface Begun {
  state: RunState;
  inputs: StepInputs;
  figures: StepFigures;
  runner: StepRunner;
}

export class TrainingRun {
  readonly config: RunConfig;
  readonly plan: RunPlan;
  readonly spec: NetworkSpec;
  readonly settings: StepSettings;
  /** Parameters of one network. */
  readonly parameters: number;
  private readonly recorded: boolean;
  private readonly dataset: string;
  /** What the run goes on from; null once it has, or if it begins anew. */
  private from: RunTree | null;
  /** What the backbones begin with; null for random weights, and once they have. */
  private start: StartValues | null;
  private readonly schedule: Schedule;
  private readonly views: RunViews;
  private held: Begun | null = null;
  private shadersReady = false;
  private disposed = false;

  /**
   * With `recorded` false no step is ever replayed. A run `from` a tree goes on where that one was, under `config`; one
   * that begins anew may `start` with backbones from elsewhere.
   * @throws SettingsError when the settings do not fit the images.
   */
  constructor(
    config: RunConfig,
    catalogue: Catalogue,
    {
      recorded = true,
      from = null,
      start = null,
    }: { recorded?: boolean; from?: RunTree | null; start?: StartValues | null } = {},
  ) {
    this.config = config;
    this.recorded = recorded;
    this.dataset = catalogue.fingerprint;
    this.from = from;
    this.start = start;
    this.plan = planRun(config, catalogue.trainCount);
    this.schedule = planSchedule(scheduleSettings(config, this.plan));
    this.settings = stepSettings(config);
    this.spec = networkSpec(this.settings.shape);
    this.parameters = parameterCount(this.spec);
    this.views = new RunViews(catalogue, config, this.plan.stepsPerEpoch);
  }

  /** Made when it is first needed: large networks take seconds. */
  private get begun(): Begun {
    this.held ??= this.begin();
    return this.held;
  }

  private begin(): Begun {
    const { backbone } = this.config;
    const { dropPath } = backbone;
    // A ResNet has no branches to drop.
    const depth = isResNet(backbone) ? 0 : backbone.depth;
    const { from, start, settings } = this;
    const state = from ? runFromTree(settings, from) : initialRun(settings, this.config.training.seed);
    if (!from && start) placeStart(state, start);
    this.from = null;
    this.start = null;
    const inputs = makeStepInputs({ ...this.views, dropPath, depth });
    const figures = new StepFigures();
    const step = () => {
      this.views.make(inputs.views.patches);
      trainStep(state, inputs, figures.ring, this.settings);
    };
    return { state, inputs, figures, runner: new StepRunner(step, this.recorded) };
  }

  /** Steps done, or given to the device. */
  get step(): number {
    return this.held?.state.step ?? this.from?.step ?? 0;
  }

  get finished(): boolean {
    return this.step >= this.plan.stopStep;
  }

  /** Why the steps are not replayed from a recording, where they could be; null if there is no reason. */
  get notRecorded(): string | null {
    return this.held?.runner.refusal ?? null;
  }

  /** Dispatches of a step that is replayed; null while none is. */
  get dispatches(): number | null {
    return this.held?.runner.dispatches ?? null;
  }

  /** Who makes the views. */
  get viewMeans(): ViewMeans {
    return this.views.means;
  }

  /** Whether `prepare` has done its work. */
  get prepared(): boolean {
    return this.shadersReady;
  }

  /** Has the first views made ahead, and compiles the step's kernels side by side; does nothing a second time. */
  async prepare(): Promise<void> {
    if (this.shadersReady) return;
    await this.views.prepare(this.step);
    // Another run may have taken its place meanwhile.
    if (this.disposed) return;
    // Kernels are compiled and not run, so nothing of the run changes.
    await prepareKernels(this.begun.runner.step);
    this.shadersReady = true;
  }

  /** Resolves when the views of the next step are there; `advance` waits for them itself. */
  viewsReady(): Promise<void> {
    return this.views.ready(this.step);
  }

  /**
   * Gives the next step to the device. One at a time: wait for the promise before the next call. `before` may look at
   * the step first, and changes nothing of it.
   */
  async advance(before?: (coming: ComingStep) => Promise<void>): Promise<PendingStep> {
    const { state, inputs, figures, runner } = this.begun;
    const { step } = state;
    const at = this.schedule.at(step);
    await this.views.fill(step, inputs.views.patches);
    fillStepInputs(inputs, state, at, {
      optimizer: this.settings.optimizer,
      seed: this.config.training.seed,
      row: figures.rowOf(step),
    });
    if (before) {
      // Where the GPU makes the views they are made within the step, and so not yet there.
      this.views.make(inputs.views.patches);
      await before({ state, inputs, at });
    }
    runner.run();
    countStep(state, at.frozen);
    return { figures: figures.of(step).then((values) => this.metrics(values, step, at)) };
  }

  private metrics(values: Float32Array, step: number, at: StepValues): Omit<StepMetrics, 'seconds'> {
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

  /** A copy of the present state, for evaluations beside training; give it back to `release`. */
  hold(): RunSnapshot {
    return holdRun(this.begun.state);
  }

  release(held: RunSnapshot): void {
    disposeSnapshot(held);
  }

  /** What `tree` takes. */
  get stateBytes(): number {
    const { spec, settings, parameters } = this;
    const buffers = parameterCount({ parameters: spec.buffers, buffers: [] });
    const moments = momentCount(settings.optimizer);
    return 4 * ((2 + moments) * parameters + 2 * buffers + settings.shape.head.prototypes);
  }

  /** The whole state as it is now, in the host's memory; training may go on meanwhile. */
  async tree(): Promise<RunTree> {
    if (this.from) return this.from;
    return treeOf(this.begun.state, { config: JSON.stringify(this.config), dataset: this.dataset });
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

  /** Lets go of everything but tensors, which died with their device. */
  forget(): void {
    this.views.dispose();
  }

  dispose(): void {
    this.disposed = true;
    this.views.dispose();
    if (!this.held) return;
    this.held.runner.dispose();
    disposeRun(this.held.state);
    disposeStepInputs(this.held.inputs);
    this.held.figures.dispose();
    this.held = null;
  }
}
