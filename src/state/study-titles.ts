/** What each kind of study is called, on its card and wherever else it is named. */
import type { StudyKind } from '../protocol/studies.ts';

export const studyTitles: Record<StudyKind, string> = {
  knn: 'Nearest neighbours',
  linear: 'Linear classifiers',
  finetune: 'Fine-tuning',
  report: 'Classification report',
  clusters: 'Clusters',
  duplicates: 'Near-duplicates',
  features: 'Features as a file',
};
