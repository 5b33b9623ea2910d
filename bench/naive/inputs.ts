/** What a naive run is given: the weights that it starts from, and the views and values of each step. */

export interface NamedValues {
  name: string;
  shape: number[];
  values: Float32Array<ArrayBuffer>;
}

/** Patch rows of the views of one size, [sequences, rows·columns, 3·patch²]; sequences are views × images, view by view. */
export interface SizedViews {
  patches: Float32Array<ArrayBuffer>;
  sequences: number;
  /** Patch grid. */
  rows: number;
  columns: number;
}

/** Stochastic depth: what a branch of a block is multiplied with, for every sequence, global views first. */
export interface KeptBranch {
  block: number;
  /** 0 is attention, 1 the MLP. */
  branch: 0 | 1;
  keep: Float32Array<ArrayBuffer>;
}

export interface StepInputs {
  views: SizedViews[];
  kept: KeptBranch[];
  lr: number;
  weightDecay: number;
  /** Of the teacher. */
  momentum: number;
  teacherTemp: number;
  /** The last layer stays as it is. */
  frozen: boolean;
}

/** The part of a run's settings that the step depends on; a run's config has it. */
export interface NaiveSettings {
  views: { globalSize: number; localCount: number };
  backbone: { patchSize: number; dim: number; depth: number; heads: number; qkvBias: boolean };
  head: {
    layers: number;
    hidden: number;
    bottleneck: number | null;
    batchNorm: 'off' | 'before-gelu' | 'after-gelu';
    normLastLayer: boolean;
  };
  loss: { studentTemp: number; centerMomentum: number };
  optimizer: { beta1: number; beta2: number; epsilon: number; clipNorm: number };
}

export interface NaiveStart {
  settings: NaiveSettings;
  /** Parameters and buffers of the student; the teacher begins as a copy. Linear weights are [in, out]. */
  parameters: NamedValues[];
  buffers: NamedValues[];
}
