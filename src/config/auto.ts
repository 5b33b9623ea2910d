/** Settings proposed from the number of images, after lightly-train's rule for small data. */
import { applyOverrides } from './overrides.ts';
import { planRun } from './plan.ts';
import type { RunConfig, RunOverrides } from './schema.ts';

export interface Proposal {
  overrides: RunOverrides;
  /** Why, a sentence for each thing proposed. */
  reasons: string[];
}

const FEWEST_PROTOTYPES = 64;
const LOWEST_MOMENTUM = 0.9;
const HORIZON_SHARE = 0.05;

/** Most prototypes for a number of images (lightly-train); without a limit beyond 100,000 images. */
function mostPrototypes(trainImages: number): number {
  if (trainImages <= 20_000) return 1024;
  if (trainImages <= 50_000) return 2048;
  if (trainImages <= 100_000) return 4096;
  return Number.POSITIVE_INFINITY;
}

/**
 * What to change in `base` for this many training images. K only ever falls: a toy head keeps its few prototypes, as
 * the rule bounds the paper's 65,536 from above and knows nothing of heads narrower than that. Momentum starts no
 * higher than its horizon of 1/(1−m) steps allows, 5 % of the run, and no lower than 0.9.
 * Throws SettingsError where there are no images, or a warm-up does not fit the run.
 */
export function proposeFor(trainImages: number, base: RunConfig): Proposal {
  const reasons: string[] = [];
  const images = trainImages.toLocaleString('en');
  const batchSize =
    trainImages < 2 ? base.training.batchSize : Math.min(base.training.batchSize, trainImages);
  if (batchSize !== base.training.batchSize)
    reasons.push(
      `Batches of ${batchSize} instead of ${base.training.batchSize}: a batch holds each image once.`,
    );
  const warmed = applyOverrides(base, {
    training: { batchSize },
    optimizer: { lrWarmupMaxShare: Math.min(base.optimizer.lrWarmupMaxShare, 0.1) },
    loss: { warmupTeacherTempMaxShare: Math.min(base.loss.warmupTeacherTempMaxShare, 0.3) },
  });
  const { totalSteps, notes } = planRun(warmed, trainImages);
  reasons.push(...notes);

  const prototypes = Math.max(FEWEST_PROTOTYPES, Math.min(base.head.prototypes, mostPrototypes(trainImages)));
  if (prototypes !== base.head.prototypes)
    reasons.push(
      `K ${prototypes.toLocaleString('en')} instead of ${base.head.prototypes.toLocaleString('en')}: ${images} images cannot keep more prototypes apart.`,
    );

  const few = trainImages <= 20_000;
  const teacherTemp = few ? Math.min(base.loss.teacherTemp, 0.02) : base.loss.teacherTemp;
  const warmupTeacherTemp = Math.min(base.loss.warmupTeacherTemp, teacherTemp);
  if (teacherTemp !== base.loss.teacherTemp)
    reasons.push(
      `Teacher temperature ${teacherTemp} instead of ${base.loss.teacherTemp}: with ${images} images a sharper teacher guards against uniform collapse.`,
    );

  const ruled = few ? Math.min(base.teacher.momentum, 0.99) : base.teacher.momentum;
  const longestHorizon = HORIZON_SHARE * totalSteps;
  // Rounded down to four places, so that the proposal reads well and stays within the horizon.
  const allowed = Math.floor((1 - 1 / Math.max(1, longestHorizon)) * 1e4) / 1e4;
  const momentum = Math.min(base.teacher.momentum, Math.max(LOWEST_MOMENTUM, Math.min(ruled, allowed)));
  if (momentum !== base.teacher.momentum)
    reasons.push(
      `Teacher momentum starts at ${momentum} instead of ${base.teacher.momentum}: the teacher then averages about ${Math.round(1 / (1 - momentum))} of the run’s ${totalSteps.toLocaleString('en')} steps.`,
    );

  return {
    overrides: {
      head: { prototypes },
      loss: {
        teacherTemp,
        warmupTeacherTemp,
        warmupTeacherTempMaxShare: warmed.loss.warmupTeacherTempMaxShare,
      },
      teacher: { momentum },
      optimizer: { lrWarmupMaxShare: warmed.optimizer.lrWarmupMaxShare },
      training: { batchSize },
    },
    reasons,
  };
}
