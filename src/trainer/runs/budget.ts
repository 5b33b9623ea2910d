/** Which kept states of runs go when another must find room. */
import { type RunTree, treeBytes } from '../../checkpoint/state.ts';

/** Memory that all kept states may take: 256 MiB. */
export const KEPT_BYTES = 2 ** 28;

/** A fork begins with its parent's state, which is there once. */
export function bytesOfAll(runs: readonly (readonly RunTree[])[]): number {
  const tensors = new Map(runs.flat().map((tree) => [tree.tensors, tree]));
  return [...tensors.values()].reduce((sum, tree) => sum + treeBytes(tree), 0);
}

/**
 * The states of each run, in the order of their steps, thinned until `needed` more bytes fit; null where they do not.
 * The newest state of a run never goes, nor one that is spared. Of the others those go first that stand closest
 * together as their run goes, and of equals those of the run that was begun first.
 */
export function thinned(
  runs: readonly (readonly RunTree[])[],
  needed: number,
  { budget = KEPT_BYTES, spared = [] }: { budget?: number; spared?: readonly RunTree[] } = {},
): RunTree[][] | null {
  const kept = runs.map((states) => [...states]);
  while (bytesOfAll(kept) + needed > budget) {
    const least = leastMissed(kept, new Set(spared));
    if (!least) return null;
    kept[least.run]?.splice(least.index, 1);
  }
  return kept;
}

function leastMissed(
  runs: readonly (readonly RunTree[])[],
  spared: ReadonlySet<RunTree>,
): { run: number; index: number } | null {
  let found: { run: number; index: number } | null = null;
  let smallest = Number.POSITIVE_INFINITY;
  for (const [run, states] of runs.entries()) {
    const span = states.at(-1)?.step ?? 1;
    for (const [index, state] of states.slice(0, -1).entries()) {
      if (spared.has(state)) continue;
      const gap = ((states[index + 1]?.step ?? 0) - (states[index - 1]?.step ?? 0)) / Math.max(1, span);
      if (gap < smallest) [found, smallest] = [{ run, index }, gap];
    }
  }
  return found;
}
