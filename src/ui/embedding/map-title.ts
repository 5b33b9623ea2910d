/** A map in a few words. */
import type { Projection } from '../../protocol/embedding.ts';
import type { KeptMap } from '../../state/embedding.ts';
import { countWords } from '../../state/words.ts';

export const METHODS: Record<Projection['method'], string> = { pca: 'PCA', tsne: 't-SNE', umap: 'UMAP' };

/** "t-SNE of the teacher at step 300" */
export function mapTitle({ run, result: { wish, step } }: KeptMap): string {
  const who =
    wish.network === 'untrained' ? 'untrained network' : `${wish.network} at step ${countWords(step)}`;
  return `${METHODS[wish.projection.method]}, ${who}${run > 1 ? `, run ${run}` : ''}`;
}
