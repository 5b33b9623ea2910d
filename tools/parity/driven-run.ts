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
import { upload } from '../../src/ops/assign.ts';
import { compileShaders } from '../../src/ops/device/webgpu.ts';
import type { TokenLayout } from '../../src/ops/layout.ts';
import { Ring } from '../../src/ops/ring.ts';

/** Patches of all views as rows of 3·patch² numbers, and where each view's tokens will lie. */
export interface ViewRows {
  rows: Float32Array;
  layout: TokenLayout;
}

export class DrivenRun {
  readonly state: RunState;
  private readonly settings: StepSettings;
  private readonly inputs: StepInputs;
  private readonly ring = new Ring(1, FIGURES);
  private readonly seed = 1;

  /** Takes over the state. All steps have views of this layout. */
  constructor(state: RunState, settings: StepSettings, layout: TokenLayout, dropPath = 0) {
    this.state = state;
    this.settings = settings;
    const { patchSize, depth } = settings.shape.backbone;
    this.inputs = makeStepInputs({ layout, patchInputs: 3 * patchSize ** 2, dropPath, depth });
  }

  /** Compiles the step's shaders side by side. */
  prepare(): Promise<void> {
    return compileShaders(() => this.compute());
  }

  /** Does a step; returns loss, teacher entropy, feature spread and gradient norm. */
  async step(rows: Float32Array, at: StepValues): Promise<number[]> {
    upload(this.inputs.views.patches, rows);
    fillStepInputs(this.inputs, this.state, at, {
      optimizer: this.settings.optimizer,
      seed: this.seed,
      row: 0,
    });
    this.compute();
    countStep(this.state, at.frozen);
    return [...(await this.ring.read())];
  }

  dispose(): void {
    disposeRun(this.state);
    disposeStepInputs(this.inputs);
    this.ring.dispose();
  }

  private compute(): void {
    trainStep(this.state, this.inputs, this.ring, this.settings);
  }
}
