/** What follows from a config and a number of images: steps, epochs, warm-ups, and what was cut short. */
import type { RunConfig } from './schema.ts';

/** Settings that do not fit the images; `setting` is "group.key", the message says what to do. */
export class SettingsError extends Error {
  override name = 'SettingsError';
  readonly setting: string;
  constructor(setting: string, message: string) {
    super(message);
    this.setting = setting;
  }
}

export interface RunPlan {
  stepsPerEpoch: number;
  /** What the schedules span. */
  totalSteps: number;
  /** The run ends after this many; fewer than totalSteps where it is stopped early in its schedules. */
  stopStep: number;
  /** Length of the run in epochs; a fraction where the steps are given. */
  epochs: number;
  /** Peak learning rate, after the batch-size rule. */
  lr: number;
  lrWarmupSteps: number;
  /** Whole epochs, as the temperature changes once an epoch. */
  teacherTempWarmupEpochs: number;
  /** Steps in which the last layer gets no gradient. */
  freezeSteps: number;
  /** What was shortened and why, a sentence each. */
  notes: string[];
}

/** Full batches in an epoch, at least one. */
export const stepsAnEpoch = ({ training }: RunConfig, trainImages: number): number =>
  Math.max(1, Math.floor(trainImages / training.batchSize));

/**
 * The run's length as the official code counts it: a last batch that is not full is dropped, the batch-size rule is
 * lr · batch/256 (main_dino.py). Throws SettingsError, also for a warm-up longer than the run, which the official
 * scheduler refuses as well.
 */
export function planRun(config: RunConfig, trainImages: number): RunPlan {
  const { training, optimizer, loss, head } = config;
  const { batchSize } = training;
  if (trainImages < 1)
    throw new SettingsError('training.batchSize', 'There are no training images: add some first.');
  if (batchSize > trainImages)
    throw new SettingsError(
      'training.batchSize',
      `A batch of ${batchSize} needs more images than the ${trainImages} that are here: set the batch to ${trainImages} or less, or add images.`,
    );
  const stepsPerEpoch = stepsAnEpoch(config, trainImages);
  const length = training.steps ?? Math.max(1, Math.round(training.epochs * stepsPerEpoch));
  const stopStep = training.stopAfter ?? length;
  // A run asked to go on beyond its length is as long as that.
  const totalSteps = Math.max(length, stopStep);
  const epochs = totalSteps / stepsPerEpoch;
  const notes: string[] = [];

  const askedLrSteps = Math.round(optimizer.lrWarmupEpochs * stepsPerEpoch);
  const mostLrSteps =
    optimizer.lrWarmupMaxShare < 1 ? Math.floor(optimizer.lrWarmupMaxShare * totalSteps) : askedLrSteps;
  const lrWarmupSteps = Math.min(askedLrSteps, mostLrSteps);
  if (lrWarmupSteps < askedLrSteps)
    notes.push(
      `The learning rate warms up for ${steps(lrWarmupSteps)}, not ${askedLrSteps}: at most ${percent(optimizer.lrWarmupMaxShare)} of the run.`,
    );
  if (lrWarmupSteps > totalSteps)
    throw new SettingsError(
      'optimizer.lrWarmupEpochs',
      `The learning rate would warm up for ${steps(lrWarmupSteps)}, longer than the run of ${totalSteps}: shorten the warm-up or lengthen the run.`,
    );

  const askedTempEpochs = Math.round(loss.warmupTeacherTempEpochs);
  const mostTempEpochs =
    loss.warmupTeacherTempMaxShare < 1
      ? Math.floor(loss.warmupTeacherTempMaxShare * epochs)
      : askedTempEpochs;
  const teacherTempWarmupEpochs = Math.min(askedTempEpochs, mostTempEpochs);
  if (teacherTempWarmupEpochs < askedTempEpochs)
    notes.push(
      `The teacher temperature warms up for ${teacherTempWarmupEpochs} of its ${askedTempEpochs} epochs: at most ${percent(loss.warmupTeacherTempMaxShare)} of the run.`,
    );
  if (teacherTempWarmupEpochs > Math.ceil(epochs))
    throw new SettingsError(
      'loss.warmupTeacherTempEpochs',
      `The teacher temperature would warm up for ${teacherTempWarmupEpochs} epochs, longer than the run of ${Number(epochs.toFixed(1))}: shorten the warm-up or lengthen the run.`,
    );

  if (stopStep < totalSteps)
    notes.push(`The run stops after ${steps(stopStep)}; its schedules span ${totalSteps}.`);

  const askedFreeze = Math.round(head.freezeEpochs * stepsPerEpoch);
  const freezeSteps = Math.min(askedFreeze, totalSteps);
  if (freezeSteps >= stopStep)
    notes.push('The last layer stays frozen for the whole run: its prototypes will not move.');

  return {
    stepsPerEpoch,
    totalSteps,
    stopStep,
    epochs,
    lr: optimizer.lrRule === 'linear' ? (optimizer.lr * batchSize) / 256 : optimizer.lr,
    lrWarmupSteps,
    teacherTempWarmupEpochs,
    freezeSteps,
    notes,
  };
}

function steps(n: number): string {
  return `${n} ${n === 1 ? 'step' : 'steps'}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
