/** What a run can and cannot show for these images on this machine, in sentences. */
import type { DatasetSummary } from '../protocol/values.ts';
import { countWords, durationWords, plural } from './words.ts';

/**
 * Views seen in training before k-NN leaves the untrained network's score on natural pictures: measured with the
 * official code on CIFAR-10, 4,000 images.
 */
export const NATURAL_NEEDS = 100_000;
/** Steps in which the samples show their classes and objects under their own preset. */
const SAMPLES_NEED = 300;
/** Fewer training images than this are learnt one by one. */
const FEW = 500;
/** Fewer validation images than this make the score a coarse one. */
const COARSE = 100;

export interface Prospect {
  summary: DatasetSummary;
  batchSize: number;
  /** Global and local views of an image in one step. */
  viewsPerImage: number;
  totalSteps: number;
  /** Measured; 0 while nothing is. */
  imagesPerSecond: number;
}

export function expectations(prospect: Prospect): string[] {
  const { summary, batchSize, viewsPerImage, totalSteps, imagesPerSecond } = prospect;
  const took = (images: number) => (imagesPerSecond > 0 ? durationWords(images / imagesPerSecond) : null);
  const sentences: string[] = [];
  const seen = batchSize * viewsPerImage * totalSteps;
  const planned = took(batchSize * totalSteps);

  if (summary.source === 'samples') {
    const early = took(SAMPLES_NEED * batchSize);
    sentences.push(
      `With the Samples preset something true shows within ${SAMPLES_NEED} steps${early ? `, about ${early} here` : ''}: k-NN rises well above the untrained network, and a head finds the object.`,
    );
  } else if (summary.source === 'tinted') {
    sentences.push(
      'A tint tells each image apart from all others, so the network can match crops by color alone: expect the loss to fall and k-NN not to rise. That is the lesson.',
    );
  } else {
    const needed = took(NATURAL_NEEDS / viewsPerImage);
    const enough = seen >= NATURAL_NEEDS;
    sentences.push(
      `Photographs need some ${countWords(NATURAL_NEEDS)} views before k-NN leaves the untrained network (measured on 4,000 small photographs)${needed ? `: about ${needed} at ${countWords(Math.max(1, imagesPerSecond))} images/s here` : ''}. This run sees ${countWords(seen)}${planned ? ` in ${planned}` : ''}: ${enough ? 'enough to look for it.' : 'crops, curves and attention will move, the score hardly.'}`,
    );
    if (!needed) sentences.push('After the first steps this says how long that takes on this machine.');
    if (summary.train > 0 && summary.train < FEW) {
      sentences.push(
        `${plural(summary.train, 'training image')} are few: the network will know these well and others badly.`,
      );
    }
  }
  if (summary.classes.length < 2) {
    sentences.push(
      'Without labels there is no k-NN score; crops, attention and neighbours work all the same.',
    );
  } else if (summary.val < COARSE) {
    sentences.push(
      summary.val === 0
        ? 'There are no validation images, so k-NN cannot be measured.'
        : `k-NN is measured on ${plural(summary.val, 'image')}: one of them is ${(100 / summary.val).toFixed(1)} points.`,
    );
  }
  return sentences;
}
