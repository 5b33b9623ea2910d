/** The memory traffic of a fused step at the least, by formula. */
import type { RunConfig } from '../src/config/schema.ts';
import { stepWork } from '../src/config/work.ts';

const FLOAT = 4;
/** Values of the width of a token that a block reads and writes, forward and backward. */
const FORWARD = 26;
const BACKWARD = 60;
/** Parameter, gradient, both moments, teacher: read, and all but the gradient written. */
const UPDATE_BYTES = 36;

/** In bytes; the teacher runs forward on the global views alone. */
export function idealBytes(config: RunConfig, parameters: number): number {
  const { backbone, views, training } = config;
  const student = stepWork(config).tokens;
  const teacher = training.batchSize * 2 * (1 + (views.globalSize / backbone.patchSize) ** 2);
  const perToken = backbone.dim * FLOAT * backbone.depth;
  return (teacher * FORWARD + student * (FORWARD + BACKWARD)) * perToken + UPDATE_BYTES * parameters;
}
