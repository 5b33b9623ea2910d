/** From a study's kind to what does it. */
import type { Study } from '../../protocol/studies.ts';
import { type Findings, knnStudy } from './knn.ts';
import { StudyRefused } from './queue.ts';
import type { Workbench } from './workbench.ts';

export async function conduct(study: Study, bench: Workbench): Promise<Findings> {
  switch (study.kind) {
    case 'knn':
      return knnStudy(bench);
    default:
      throw new StudyRefused(`There is no study “${study.kind}” in this version of the page.`);
  }
}
