/** One sentence that names what is being computed now, and what a finished thing found. */
import type { StudyKind } from '../protocol/studies.ts';
import type { Fault, IntakeProgress, KnnResult, SessionStatus } from '../protocol/values.ts';
import { studyTitles } from './study-titles.ts';
import { countWords, plural } from './words.ts';

export interface StatusSource {
  opened: boolean;
  status: SessionStatus | null;
  activity: string | null;
  progress: IntakeProgress | null;
  fault: Fault | null;
  knn: KnnResult | null;
  images: number;
  /** The study that is worked at, and how much of its present part is done. */
  evaluating: { kind: StudyKind; percent: number | null } | null;
}

const stages: Record<IntakeProgress['stage'], string> = {
  listing: 'Listing files',
  unpacking: 'Unpacking the archive',
  decoding: 'Reading images',
  making: 'Making the samples',
};

export function statusText(source: StatusSource): string {
  const { opened, status, activity, progress, fault, knn, images, evaluating } = source;
  if (fault && stopsRun(fault)) return `Stopped: ${fault.what}`;
  if (progress) return intakeText(progress);
  if (activity) return activity;
  if (!opened || !status) return 'Starting the trainer…';
  const step = countWords(status.step);
  const total = countWords(status.totalSteps);
  const beside = evaluating ? ` · ${studyText(evaluating)}` : '';
  switch (status.phase) {
    case 'empty':
      // The images are there before the run that is made for them.
      if (images > 0) return 'Preparing the run…';
      return 'No images yet: drop a folder, or take the built-in samples.';
    case 'idle':
      if (status.totalSteps === 0) return 'These settings do not fit the images: no run can begin with them.';
      if (evaluating) return studyText(evaluating);
      return `Ready: ${plural(images, 'image')}, ${plural(status.totalSteps, 'step')} planned. Press Train.`;
    case 'preparing':
      return 'Preparing the run…';
    case 'running':
      return `Training: step ${step} of ${total}${beside}`;
    case 'paused':
      return `Paused at step ${step} of ${total}${beside}`;
    case 'finished':
      return `Finished: ${step} steps${knn ? `, ${knnText(knn)}` : ''}${beside}`;
    case 'fault':
      return 'Stopped by a fault: Reset begins a new run.';
    default:
      status.phase satisfies never;
      return '';
  }
}

/** "Evaluating: Nearest neighbours, this part 40 %". */
function studyText({ kind, percent }: NonNullable<StatusSource['evaluating']>): string {
  return `Evaluating: ${studyTitles[kind]}${percent === null ? '…' : `, this part ${percent} %`}`;
}

/** Images or settings that were refused leave the run as it was. */
export function stopsRun({ kind }: Fault): boolean {
  return kind !== 'data' && kind !== 'settings';
}

/** "k-NN 83 % (untrained 61, pixels 39)". */
export function knnText({ teacher, untrained, pixels }: KnnResult): string {
  return `k-NN ${Math.round(teacher)} % (untrained ${Math.round(untrained)}, pixels ${Math.round(pixels)})`;
}

function intakeText({ stage, done, total }: IntakeProgress): string {
  if (total === 0) return done > 0 ? `${stages[stage]}: ${countWords(done)} so far` : `${stages[stage]}…`;
  return `${stages[stage]}: ${countWords(done)} of ${countWords(total)}`;
}
