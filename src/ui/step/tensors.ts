/** Parameter tensors in words and groups. Pure. */
import type { Anatomy, TensorStep } from '../../protocol/anatomy.ts';

/** "patches", "block 3", "norm", "head": the part of the network that a parameter belongs to. */
export function partOf(name: string): string {
  const block = /^backbone\.blocks\.(\d+)\./.exec(name)?.[1];
  if (block !== undefined) return `block ${Number(block) + 1}`;
  if (name.startsWith('head.last_layer')) return 'prototypes';
  if (name.startsWith('head.')) return 'head';
  return name.startsWith('backbone.norm') ? 'norm' : 'patches';
}

/** Parts in the order of the tensors, with how many of these each has. */
export function partsOf(tensors: readonly TensorStep[]): { part: string; from: number; count: number }[] {
  const parts: { part: string; from: number; count: number }[] = [];
  for (const [i, { name }] of tensors.entries()) {
    const part = partOf(name);
    const last = parts.at(-1);
    if (last?.part === part) last.count++;
    else parts.push({ part, from: i, count: 1 });
  }
  return parts;
}

/** The tensor whose update is looked at: the chosen one, or the attention of the first block, or whichever there is. */
export function shownTensor({ tensors }: Anatomy, chosen: string | null): TensorStep | null {
  return (
    tensors.find(({ name }) => name === chosen) ??
    tensors.find(({ name }) => name === 'backbone.blocks.0.attn.qkv.weight') ??
    tensors[0] ??
    null
  );
}

/** L2 norm of several parts of one whole, from theirs. */
export const wholeNorm = (norms: readonly number[]): number => Math.hypot(...norms);
