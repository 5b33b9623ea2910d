/** From a study's kind to what does it. */
import type { Study } from '../../protocol/studies.ts';
import { clusterStudy } from './clusters.ts';
import { duplicateStudy } from './duplicates.ts';
import { exportStudy } from './export.ts';
import { finetuneStudy } from './finetune.ts';
import { type Findings, knnStudy } from './knn.ts';
import { linearStudy } from './linear.ts';
import { reportStudy } from './report.ts';
import type { Workbench } from './workbench.ts';

export async function conduct(study: Study, bench: Workbench): Promise<Findings> {
  switch (study.kind) {
    case 'knn':
      return knnStudy(bench);
    case 'linear':
      return linearStudy(study, bench);
    case 'finetune':
      return finetuneStudy(study, bench);
    case 'report':
      return reportStudy(study, bench);
    case 'clusters':
      return clusterStudy(study, bench);
    case 'duplicates':
      return duplicateStudy(study, bench);
    case 'features':
      return exportStudy(study, bench);
    default:
      return study satisfies never;
  }
}
