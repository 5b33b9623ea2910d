/** A network of the run as it is now, for whoever looks at it while training goes on. */
import { initialNetwork } from '../model/border.ts';
import { disposeNetwork, type Tensors, tensorsOf } from '../model/network.ts';
import type { Look } from '../protocol/looks.ts';
import type { TrainingRun } from './training-run.ts';

export interface Borrowed {
  /** Parameters and buffers. */
  tensors: Tensors;
  step: number;
  /** They are no more after this. */
  giveBack(): void;
}

/** 'untrained' is the run's student before its first step. Give it back. */
export function borrow(run: TrainingRun, which: Look['network']): Borrowed {
  const { step } = run;
  if (which === 'untrained') {
    const network = initialNetwork(run.spec, run.config.training.seed);
    return { tensors: tensorsOf(network), step, giveBack: () => disposeNetwork(network) };
  }
  const held = run.hold();
  return { tensors: tensorsOf(held[which]), step, giveBack: () => run.release(held) };
}
