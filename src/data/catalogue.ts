/** The images of a run, resident in memory, with their labels and split. */
import type { Pixels } from '../core/pixels.ts';

export interface CatalogueImage extends Pixels {
  path: string;
  split: 'train' | 'val';
  /** Index into `classes`; null without a label. */
  label: number | null;
  /** 1 where the object is, [height, width]; null where nobody knows. */
  mask: Uint8Array<ArrayBuffer> | null;
}

export interface Catalogue {
  name: string;
  source: 'samples' | 'tinted' | 'own';
  classes: string[];
  /** Training images first, then validation; an image's id is its position here. */
  images: CatalogueImage[];
  trainCount: number;
  /** How the split came about, in words for the person. */
  split: string;
  skipped: { path: string; reason: string }[];
  /** Bytes of all pixels and masks, and how many they may take. */
  bytes: number;
  budgetBytes: number;
  /** Shorter side of the resident pixels, at most. */
  workingSide: number;
  /** Hash of paths, labels, split and sizes: tells whether a checkpoint fits these images. */
  fingerprint: string;
}

export interface IntakeProgress {
  stage: 'listing' | 'unpacking' | 'decoding' | 'making';
  done: number;
  total: number;
  perSecond: number;
  secondsLeft: number | null;
}
