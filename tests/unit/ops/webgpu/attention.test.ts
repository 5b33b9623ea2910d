/** Attention on WebGPU: the fused kernels against the composition, value and gradient. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { attention } from '../../../../src/ops/attention.ts';
import { tokenLayout } from '../../../../src/ops/layout.ts';
import type { GpuBackend } from '../../../../src/ops/webgpu/backend.ts';
import { type Contest, tuningOf, type Variant } from '../../../../src/ops/webgpu/tuning.ts';
import { asMatrix } from '../tensors.ts';
import { expectComposition, random, startGpu, VARIANTS } from './against-composition.ts';

let gpu: GpuBackend;

beforeAll(async () => {
  gpu = await startGpu();
});

/** Sums of some dozens of products, and exponentials of WGSL, which are good to about 1e-6. */
const TOLERANCE = 1e-5;

const global = (sequences: number, side: number) => ({ sequences, rows: side, columns: side });

// Tokens of a sequence: 1 + rows·columns. 65 and 17 are nano's; 37 and 101 end inside a tile; 1 + 1 has one key beside CLS.
const CASES = [
  { name: 'nano’s views', groups: [global(2, 8), global(3, 4)], heads: 3, width: 32 },
  { name: 'heads of 12', groups: [global(2, 3), { sequences: 3, rows: 1, columns: 2 }], heads: 2, width: 12 },
  { name: 'heads of 5', groups: [global(1, 5), global(2, 1)], heads: 3, width: 5 },
  { name: 'one head of 1', groups: [global(3, 2)], heads: 1, width: 1 },
  { name: 'official heads of 64', groups: [{ sequences: 1, rows: 7, columns: 5 }], heads: 1, width: 64 },
  { name: 'a long sequence', groups: [global(1, 17), global(1, 10)], heads: 1, width: 8 },
];

/** Of the widths in fours and of the odd ones, the GPU's text is the same for all; its widest fill the workgroup's memory. */
const GPU_CASES = CASES.filter(({ width }) => width !== 12 && width !== 1).map((each) =>
  each.width === 64 ? { ...each, name: 'heads of 128', width: 128 } : each,
);

describe.each(VARIANTS)('on the software adapter, text for %s', (variant) => {
  it.each(variant === 'GPU' ? GPU_CASES : CASES)('$name', async ({ groups, heads, width }) => {
    const layout = tokenLayout(groups);
    const gradients =
      variant === 'GPU' ? ['AttentionQueryGradient', 'AttentionKeyGradient'] : ['AttentionGradient'];
    await expectComposition(gpu, {
      op: ([qkv]) => attention(asMatrix(qkv), layout, heads),
      inputs: [random([layout.tokens, 3 * heads * width], 1.5)],
      dispatches: ['Attention', ...gradients],
      tolerance: TOLERANCE,
      variant,
    });
  });

  it('keeps its ground where scores are large', async () => {
    const layout = tokenLayout([global(2, 4)]);
    await expectComposition(gpu, {
      op: ([qkv]) => attention(asMatrix(qkv), layout, 2),
      inputs: [random([layout.tokens, 3 * 2 * 8], 20)],
      dispatches: [
        'Attention',
        ...(variant === 'GPU' ? ['AttentionQueryGradient', 'AttentionKeyGradient'] : ['AttentionGradient']),
      ],
      // A score of some hundreds is itself good to 1e-5, and its exponential no better.
      tolerance: 1e-3,
      variant,
    });
  });
});

// The usual tiles have 32 rows; a sequence of 37 ends inside all of them, one of 5 inside the first.
it.each(['16 rows', '64 rows'])('tiles of %s', async (name) => {
  const layout = tokenLayout([global(2, 6), global(3, 2)]);
  const choose = <V extends Variant>(_shape: string, { candidates }: Contest<V>): V => {
    const found = candidates.find((candidate) => candidate.name === name);
    if (!found) throw new RangeError(`There are no tiles of ${name}`);
    return found;
  };
  const spy = vi.spyOn(tuningOf(gpu), 'choose').mockImplementation(choose);
  await expectComposition(gpu, {
    op: ([qkv]) => attention(asMatrix(qkv), layout, 2),
    inputs: [random([layout.tokens, 3 * 2 * 12], 1.5)],
    dispatches: ['Attention', 'AttentionQueryGradient', 'AttentionKeyGradient'],
    tolerance: TOLERANCE,
    variant: 'GPU',
  });
  expect(spy).toHaveBeenCalledTimes(2);
  spy.mockRestore();
});

it('is seen to be wrong where a head of another width is computed', async () => {
  const layout = tokenLayout([global(2, 3)]);
  let heads = 3;
  const comparison = expectComposition(gpu, {
    // The composition is asked first, then the kernels.
    op: ([qkv]) => attention(asMatrix(qkv), layout, heads--),
    inputs: [random([layout.tokens, 36])],
    dispatches: ['Attention', 'AttentionGradient'],
    tolerance: TOLERANCE,
  });
  await expect(comparison).rejects.toThrow(/./);
});
