/** What a map of a snapshot is called: a head of attention, or what of a ResNet it is of. */
import type { AttentionSnapshot } from '../protocol/values.ts';

const RANKS = ['Strongest', '2nd', '3rd'];

/** "Head 2", or of a ResNet what its map is of. */
export function headName({ kind }: Pick<AttentionSnapshot, 'kind'>, head: number): string {
  if (kind !== 'activation') return `Head ${head + 1}`;
  return head === 0 ? 'All channels' : `${RANKS[head - 1] ?? `${head}th`} channel`;
}
