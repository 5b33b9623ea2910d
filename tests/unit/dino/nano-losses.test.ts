/** Steps of `nano`: the fused and recorded path follows the plain compositions. */
import { expect, it } from 'vitest';
import { startBackend } from '../../../tools/node-backend.ts';
import { nanoLosses, plainNanoLosses, worstLoss } from '../../../tools/parity/nano.ts';

const PLAIN = plainNanoLosses();

it('the numbers on file are those of the compositions', async () => {
  expect(PLAIN).toHaveLength(20);
  await startBackend('wasm');
  expect(worstLoss(await nanoLosses(2, { plain: true }), PLAIN)).toBeLessThan(1e-5);
});

// The software adapter compiles `nano` for a minute: `npm run parity -- nano --backend webgpu` does these twenty there.
it('20 steps on wasm', async () => {
  await startBackend('wasm');
  const losses = await nanoLosses(20, { plain: false });
  expect(losses).toHaveLength(20);
  expect(worstLoss(losses, PLAIN)).toBeLessThan(1e-3);
});
