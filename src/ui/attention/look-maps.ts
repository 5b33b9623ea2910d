/** The maps of a closer look, what they are called, and its picture's size in words. */
import { headOf, meanOverHeads } from '../../core/attention-mask.ts';
import type { LookResult } from '../../protocol/looks.ts';
import { formatCount } from '../charts/format.ts';

export interface NamedMap {
  /** null for the mean, or for rollout. */
  head: number | null;
  /** "Head 2", "Mean of the heads", "Rollout" */
  name: string;
  values: Float32Array;
}

export interface LookMaps {
  /** The one that is shown large. */
  chosen: NamedMap;
  /** The mean and every head; rollout alone. */
  all: readonly NamedMap[];
}

/** null where no attention is shown. @param head the one shown large; null, or one that the network does not have, for the mean. */
export function mapsOf({ shown, heads }: LookResult, head: number | null): LookMaps | null {
  switch (shown.show) {
    case 'rollout': {
      const chosen = { head: null, name: 'Rollout', values: shown.map };
      return { chosen, all: [chosen] };
    }
    case 'heads': {
      const mean = { head: null, name: 'Mean of the heads', values: meanOverHeads(shown.maps, heads) };
      const each = Array.from({ length: heads }, (_, i) => ({
        head: i,
        name: `Head ${i + 1}`,
        values: headOf(shown.maps, i, shown.maps.length / heads),
      }));
      return { chosen: (head === null ? undefined : each[head]) ?? mean, all: [mean, ...each] };
    }
    case 'colors':
    case 'distances':
      return null;
    default:
      return shown satisfies never;
  }
}

const NETWORKS = { teacher: 'Teacher', student: 'Student', untrained: 'Untrained' } as const;

/** "Teacher, block 4 of 4" */
export const blockInWords = ({ look, block, blocks }: LookResult): string =>
  `${NETWORKS[look.network]}, block ${block + 1} of ${blocks}`;

/** "CLS", or "patch row 3, column 5" */
export function tokenInWords({ look: { patch }, columns }: LookResult): string {
  if (patch === null) return 'CLS';
  return `patch row ${Math.floor(patch / columns) + 1}, column ${(patch % columns) + 1}`;
}

const size = ({ width, height }: { width: number; height: number }) =>
  `${formatCount(width)} × ${formatCount(height)} px`;

/** The grid, and what was done to the picture to get it. */
export function sizeInWords({ look, source, pixels, rows, columns, patchSize }: LookResult): string {
  const grid = `${columns} × ${rows} patches of ${patchSize} px`;
  if (look.resolution === 'trained')
    return `${grid}: the middle square of a picture of ${size(source)}, brought to ${size(pixels)} as in training.`;
  const shrunk = source.width - pixels.width >= patchSize || source.height - pixels.height >= patchSize;
  if (shrunk)
    return `${grid}: ${size(source)} scaled down to ${size(pixels)}, as 60 patches a side are the most.`;
  const whole = source.width === pixels.width && source.height === pixels.height;
  if (whole) return `${grid}: all of its ${size(source)}.`;
  const enlarged = pixels.width > source.width || pixels.height > source.height;
  return `${grid}: ${size(source)}, ${enlarged ? 'enlarged' : 'cut'} to whole patches.`;
}
