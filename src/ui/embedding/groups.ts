/** What the points of a map are colored by: the groups, how large they are, and which point is in which. */
import type { MapImages } from '../../protocol/embedding.ts';
import type { Coloring } from '../../state/embedding.ts';

export interface Groups {
  names: readonly string[];
  /** Points of each. */
  counts: readonly number[];
  /** Index of its group, for every point. */
  of: Int32Array;
}

const NO_LABEL = 'no label';

/** @param clusters null while a map forms: it has none yet. @param train how many of all ids are training images. */
export function groupsOf(
  coloring: Coloring,
  images: MapImages,
  clusters: Int32Array | null,
  train: number,
): Groups {
  switch (coloring) {
    case 'label': {
      const missing = images.classes.length;
      const unlabelled = images.labels.some((label) => label < 0);
      const names = unlabelled ? [...images.classes, NO_LABEL] : images.classes;
      return counted(
        names,
        images.labels.map((label) => (label < 0 ? missing : label)),
      );
    }
    case 'folder':
      return counted(images.folders, images.folderOf);
    case 'split':
      return counted(
        ['training', 'validation'],
        images.ids.map((id) => (id < train ? 0 : 1)),
      );
    case 'cluster': {
      if (!clusters) return counted(['not known yet'], new Int32Array(images.ids.length));
      const count = clusters.reduce((most, cluster) => Math.max(most, cluster), 0) + 1;
      return counted(
        Array.from({ length: count }, (_, i) => `cluster ${i + 1}`),
        clusters,
      );
    }
    default:
      return coloring satisfies never;
  }
}

function counted(names: readonly string[], of: Int32Array): Groups {
  const counts = names.map(() => 0);
  for (const group of of) counts[group] = (counts[group] ?? 0) + 1;
  return { names, counts, of };
}

/** The points of one group, as image ids. */
export function idsIn({ of }: Groups, group: number, { ids }: MapImages): number[] {
  return [...ids].filter((_, i) => of[i] === group);
}

/**
 * A color a group, told apart by hue and, beyond eight, by lightness in turns; of OKLCH, in which equal steps look equal.
 */
export function groupColors(count: number, dark: boolean): string[] {
  const hues = Math.min(count, 12);
  return Array.from({ length: count }, (_, i) => {
    const hue = (28 + (360 * (i % hues)) / Math.max(1, hues)) % 360;
    const turn = (count > 8 ? i % 2 : 0) + (Math.floor(i / hues) % 2);
    const light = (dark ? 0.76 : 0.6) + (dark ? -0.12 : 0.12) * turn;
    return `oklch(${light.toFixed(2)} ${dark ? '0.13' : '0.15'} ${hue.toFixed(0)})`;
  });
}
