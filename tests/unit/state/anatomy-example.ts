/** A step taken apart, small enough to be written by hand: two images, three views, three prototypes. */
import type { Anatomy, Specimen } from '../../../src/protocol/anatomy.ts';

const pixels = () => ({ width: 1, height: 1, rgba: new Uint8ClampedArray(4) });
const box = { top: 0, left: 0, width: 1, height: 1 };

export function specimenExample(index = 0): Specimen {
  return {
    index,
    id: 4 + index,
    original: pixels(),
    views: (['global', 'global', 'local'] as const).map((kind, i) => ({
      kind,
      index: i,
      box,
      applied: ['flip'],
      pixels: pixels(),
    })),
    teacherLogits: Float32Array.of(0.3, 0.1, 0, 0.2, 0.2, 0.1),
    targets: Float32Array.of(0.9, 0.08, 0.02, 0.5, 0.4, 0.1),
    studentLogits: Float32Array.of(0.3, 0, 0, 0.2, 0.1, 0, 0.1, 0.1, 0.3),
    pairs: [null, 1, 2, 3, null, 4],
  };
}

export function anatomyExample(): Anatomy {
  return {
    step: 7,
    epoch: 0,
    ids: [4, 5],
    shown: 2,
    prototypes: 3,
    views: 3,
    at: {
      lr: 1e-3,
      weightDecay: 0.04,
      momentum: 0.99,
      teacherTemp: 0.04,
      studentTemp: 0.1,
      frozen: false,
      stopGradient: true,
      centering: true,
      centerMomentum: 0.9,
      teacherLogitsL2: false,
      clip: 'tensor',
      clipNorm: 3,
      teacherUpdate: 'after',
      optimizer: { kind: 'adamw', beta1: 0.9, beta2: 0.999, epsilon: 1e-8, sgdMomentum: 0.9 },
    },
    pairs: [null, 1, 2, 3, null, 4],
    center: {
      before: Float32Array.of(0, 0, 0),
      mean: Float32Array.of(0.2, 0.1, 0),
      after: Float32Array.of(0.02, 0.01, 0),
    },
    tensors: [],
    agreement: {
      loss: { here: 2.5, run: 2.5 },
      teacherEntropy: { here: 0.7, run: 0.7 },
      featureSpread: { here: 0.2, run: 0.2 },
      gradNorm: { here: 1.5, run: 1.5 },
    },
    differences: { student: 0, teacher: 0, center: 0 },
    milliseconds: 20,
    specimen: specimenExample(),
  };
}
