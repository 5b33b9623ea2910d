/** A diagnosis of three prototypes and four images, at a step. */
import type { Diagnosis } from '../../../src/protocol/diagnosis.ts';

export function diagnosisExample(step: number): Diagnosis {
  return {
    step,
    images: 4,
    prototypes: 3,
    width: 12,
    teacher: { histogram: Float32Array.of(3, 1, 0), used: 2, perplexity: 1.75, rank: 2.5 },
    untrained: { histogram: Float32Array.of(2, 1, 1), used: 3, perplexity: 2.83, rank: 3.5 },
    milliseconds: 40,
  };
}
