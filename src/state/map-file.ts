/** A map as a file: where each image lies, what it is, and how far the map may be believed. */
import { version } from '../../package.json';
import type { DatasetSummary } from '../protocol/values.ts';
import type { KeptMap } from './embedding.ts';

export function mapJson({ images, result, run }: KeptMap, summary: DatasetSummary | null): string {
  const { wish, used, step, seconds, explained, faithfulness, positions, clusters } = result;
  const document = {
    version,
    dataset: summary?.name ?? null,
    fingerprint: summary?.fingerprint ?? null,
    run,
    step,
    wish,
    used,
    seconds,
    /** Of all images. */
    images: { mapped: images.ids.length, of: images.of },
    explained,
    faithfulness,
    points: [...images.ids].map((image, i) => ({
      image,
      x: positions[2 * i] ?? 0,
      y: positions[2 * i + 1] ?? 0,
      label: images.classes[images.labels[i] ?? -1] ?? null,
      folder: images.folders[images.folderOf[i] ?? -1] ?? null,
      cluster: clusters[i] ?? 0,
    })),
  };
  return `${JSON.stringify(document)}\n`;
}
