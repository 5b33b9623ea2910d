/** A run that is given its views and values, step by step: for tests and parity, which have those from elsewhere. */
import { countStep, disposeRun, type RunState } from '../../src/dino/run-state.ts';
import type { StepValues } from '../../src/dino/schedule.ts';
import { FIGURES, type StepSettings, trainStep } from '../../src/dino/step.ts';
import {
  disposeStepInputs,
  fillStepInputs,
  makeStepInputs,
  type StepInputs,
} from '../../src/dino/step-inputs.ts';
import { isResNet, rowSide } from '../../src/model/shapes.ts';
import { upload } from '../../src/ops/assign.ts';
import { compileShaders } from '../../src/ops/device/webgpu.ts';
import { composed } from '../../src/ops/kernel.ts';
import type { TokenLayout } from '../../src/ops/layout.ts';
import { Ring } from '../../src/ops/ring.ts';
import { StepRunner } from '../../src/trainer/step-runner.ts';

/** Patches of all views as rows of 3·patch² numbers, and where each view's tokens will lie. */
export interface ViewRows {
  rows: Float32Array;
  layout: TokenLayout;
}

/** Of stochastic depth. */
const SEED = 1;

export class DrivenRun {
  readonly state: RunState;
  private readonly settings: StepSettings;
  private readonly inputs: StepInputs;
  private readonly ring = new Ring(1, FIGURES);
  private readonly runner: StepRunner;

  /** Takes over the state. All steps have views of this layout. With `plain` the step is its compositions alone. */
  constructor(
    state: RunState,
    settings: StepSettings,
    layout: TokenLayout,
    {
      dropPath = 0,
      recorded = true,
      plain = false,
    }: { dropPath?: number; recorded?: boolean; plain?: boolean } = {},
  ) {
    this.state = state;
    this.settings = settings;
    const { backbone } = settings.shape;
    const patchInputs = 3 * rowSide(backbone) ** 2;
    const depth = isResNet(backbone) ? 0 : backbone.depth;
    this.inputs = makeStepInputs({ layout, patchInputs, dropPath, depth });
    const step = () => trainStep(this.state, this.inputs, this.ring, this.settings);
    this.runner = new StepRunner(plain ? () => composed(step) : step, recorded && !plain);
  }

  /** Dispatches of a replayed step; null while none is replayed. */
  get dispatches(): number | null {
    return this.runner.dispatches;
  }

  /** Why the step is not recorded, where it could be. */
  get refusal(): string | null {
    return this.runner.refusal;
  }

  /** Compiles the step's shaders side by side. */
  prepare(): Promise<void> {
    return compileShaders(() => this.runner.step());
  }

  /** Does a step; returns loss, teacher entropy, feature spread and gradient norm. */
  async step(rows: Float32Array, at: StepValues): Promise<number[]> {
    upload(this.inputs.views.patches, rows);
    fillStepInputs(this.inputs, this.state, at, {
      optimizer: this.settings.optimizer,
      seed: SEED,
      row: 0,
    });
    this.runner.run();
    countStep(this.state, at.frozen);
    return [...(await this.ring.read())];
  }

  dispose(): void {
    this.runner.dispose();
    disposeRun(this.state);
    disposeStepInputs(this.inputs);
    this.ring.dispose();
  }
}
