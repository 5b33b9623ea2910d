/** A catalogue of a few built-in samples, made in this very process. */
import type { Catalogue, CatalogueImage } from '../src/data/catalogue.ts';
import { SAMPLE_CLASSES, SAMPLE_SIDE } from '../src/data/samples.ts';
import { makeRange } from '../src/data/samples-range.ts';

/** @param train and @param val count images; always the same ones. */
export function sampleCatalogue(train: number, val: number): Catalogue {
  const imagesOf = (split: 'train' | 'val', count: number): CatalogueImage[] =>
    makeRange({ seed: 0, split, from: 0, to: count, tinted: false }).samples.map(
      ({ label, rgba, mask }, i) => ({
        path: `${split}/${i}`,
        split,
        width: SAMPLE_SIDE,
        height: SAMPLE_SIDE,
        label,
        rgba,
        mask,
      }),
    );
  return {
    name: 'samples',
    source: 'samples',
    classes: [...SAMPLE_CLASSES],
    images: [...imagesOf('train', train), ...imagesOf('val', val)],
    trainCount: train,
    split: 'made so',
    skipped: [],
    bytes: 0,
    budgetBytes: 1,
    workingSide: SAMPLE_SIDE,
    fingerprint: 'samples',
  };
}
