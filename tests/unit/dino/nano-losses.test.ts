/** Steps of `nano`: the fused and recorded path follows the plain compositions, on every backend with kernels. */
import { expect, it } from 'vitest';
import { startBackend } from '../../../tools/node-backend.ts';
import { nanoLosses, plainNanoLosses, worstLoss } from '../../../tools/parity/nano.ts';

const PLAIN = plainNanoLosses();

it('the numbers on file are those of the compositions', async () => {
  expect(PLAIN).toHaveLength(20);
  await startBackend('wasm');
  expect(worstLoss(await nanoLosses(2, { plain: true }), PLAIN)).toBeLessThan(1e-5);
});

// The software adapter takes minutes for twenty: `npm run parity -- nano --backend webgpu` does those.
it.each([
  { backend: 'wasm', steps: 20 },
  { backend: 'webgpu', steps: 3 },
] as const)('$steps steps on $backend', async ({ backend, steps }) => {
  await startBackend(backend);
  const losses = await nanoLosses(steps, { plain: false });
  expect(losses).toHaveLength(steps);
  expect(worstLoss(losses, PLAIN)).toBeLessThan(1e-3);
});
