/** Which maps the attention panel shows of a snapshot, and what they say in words. */
import { headOf, meanOverHeads, topMassMask } from '../../core/attention-mask.ts';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import { headName } from '../../state/map-name.ts';
import type { Overlay } from '../../state/view.ts';

export type Network = 'teacher' | 'student';
export type PinnedImage = AttentionSnapshot['images'][number];

/** One column of the panel. */
export interface MapColumn {
  network: Network;
  /** null for the mean over the heads. */
  head: number | null;
  /** "Teacher head 2" */
  name: string;
  /** "Head 2" */
  headName: string;
}

const NAMES = { teacher: 'Teacher', student: 'Student' } as const;

type Kind = Pick<AttentionSnapshot, 'kind' | 'heads'>;

export function columnsOf(snapshot: Kind, { mode, network }: Overlay): MapColumn[] {
  const networks: Network[] = network === 'both' ? ['teacher', 'student'] : [network];
  // Activation maps are of different things, and the first of them is of all.
  const one = snapshot.kind === 'activation' ? 0 : null;
  const shown = mode === 'mean' ? [one] : Array.from({ length: snapshot.heads }, (_, head) => head);
  return networks.flatMap((each) =>
    shown.map((head) => {
      const name = head === null ? 'Mean' : headName(snapshot, head);
      return {
        network: each,
        head,
        name: `${NAMES[each]}${snapshot.kind ? ',' : ''} ${name.toLowerCase()}`,
        headName: name,
      };
    }),
  );
}

/** The map of a column, [patches]: shares of the CLS token's attention. */
export function mapOf(image: PinnedImage, { network, head }: MapColumn, heads: number): Float32Array {
  const maps = image[network];
  return head === null ? meanOverHeads(maps, heads) : headOf(maps, head, maps.length / heads);
}

export function largestOf(map: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < map.length; i++) largest = Math.max(largest, map[i] ?? 0);
  return largest;
}

/** Index of the head that looks at the object most; null without the figures. */
export function bestHead(snapshot: AttentionSnapshot, network: Network): number | null {
  const ratios = snapshot.overlap?.[network];
  if (ratios === undefined || ratios.length === 0) return null;
  return ratios.indexOf(Math.max(...ratios));
}

/** "peak 4.1 % at row 3, column 5; the top 60 % lies on 14 of 64 patches" */
export function describeMap(map: Float32Array, columns: number, mass: number): string {
  const peak = largestOf(map);
  const at = map.indexOf(peak);
  const kept = topMassMask(map, mass).reduce((sum, value) => sum + value, 0);
  const place = `row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}`;
  return `peak ${formatShare(peak)} at ${place}; the top ${Math.round(mass * 100)} % lies on ${kept} of ${map.length} patches`;
}

/** A share of the attention in percent: 0.0312 → "3.1 %", 0.000417 → "0.042 %". */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return `${Number(percent.toPrecision(2))} %`;
  return `${percent.toFixed(share < 0.1 ? 1 : 0)} %`;
}
