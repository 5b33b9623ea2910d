/** Going on with another batch size: the place is kept in epochs, so a run's steps are counted anew. */
import { stepsAnEpoch } from './plan.ts';
import type { RunConfig } from './schema.ts';

/** A state as a run with other settings counts it. */
export interface Recounted {
  /** The settings asked for, with a length in steps that is as many epochs as it was. */
  config: RunConfig;
  /** Steps done, in steps of the new batch. */
  step: number;
}

/**
 * What a run under `config` begins with that goes on from the state of `parent` at `step` (1 or more). With another batch
 * the place is the same share of the same epoch, rounded down to a whole step, and never before the first. The official
 * code does the same on a resume with another batch: main_dino.py keeps the epoch and makes every schedule for
 * `len(data_loader)` steps an epoch. A length given in steps is kept in epochs too, unless it was changed along with the
 * batch.
 */
export function recounted(
  config: RunConfig,
  parent: RunConfig,
  step: number,
  trainImages: number,
): Recounted {
  const before = stepsAnEpoch(parent, trainImages);
  const after = stepsAnEpoch(config, trainImages);
  if (before === after) return { config, step };
  const length = (key: 'steps' | 'stopAfter') => {
    const asked = config.training[key];
    return asked === null || asked !== parent.training[key] ? asked : Math.ceil((asked * after) / before);
  };
  return {
    config: {
      ...config,
      training: { ...config.training, steps: length('steps'), stopAfter: length('stopAfter') },
    },
    step: Math.max(1, Math.floor((step * after) / before)),
  };
}
