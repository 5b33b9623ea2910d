/** A step taken apart gives the official implementation's numbers: loss, gradient norms, weights after it, center. */
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from 'vitest';
import { disposeRun } from '../../../src/dino/run-state.ts';
import { disposeStepInputs, fillStepInputs, makeStepInputs } from '../../../src/dino/step-inputs.ts';
import { toOfficial } from '../../../src/model/border.ts';
import { vitShape } from '../../../src/model/shapes.ts';
import { upload } from '../../../src/ops/assign.ts';
import { disposeDissection, dissect } from '../../../src/trainer/anatomy/dissect.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { readStepFixture } from '../../../tools/parity/fixture.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

/** What share of a tensor's elements may have gradients so near 0 that AdamW's step is their rounding: see the fixtures. */
const ROUNDED = 0.005;

it.each(['step-a', 'step-b', 'step-odd'])('%s', async (name) => {
  const fixture = readStepFixture(readFileSync(`tests/fixtures/${name}.safetensors`));
  const [at] = fixture.schedule;
  if (!at) throw new Error('The fixture has no steps');
  const backbone = vitShape(fixture.shape.backbone);
  const { rows, layout } = fixture.views(0);
  const state = fixture.initialRun();
  const inputs = makeStepInputs({
    layout,
    patchInputs: 3 * backbone.patchSize ** 2,
    dropPath: 0,
    depth: backbone.depth,
  });
  upload(inputs.views.patches, rows);
  fillStepInputs(inputs, state, at, { optimizer: fixture.settings.optimizer, seed: 0, row: 0 });
  const found = await dissect({ state, inputs, at }, fixture.settings, async () => undefined);

  expect(Math.abs(found.figures.loss - (fixture.values('loss')[0] ?? Number.NaN))).toBeLessThan(1e-5);
  const center = fixture.values('center1');
  expect(
    Math.max(...found.parts.center.after.map((value, k) => Math.abs(value - (center[k] ?? Number.NaN)))),
  ).toBeLessThan(1e-6);
  expect(found.parts.tensors.length).toBeGreaterThan(20);
  for (const { name: tensor, gradNorm } of found.parts.tensors) {
    const official = fixture.values(`grad_norm/${tensor}`)[0] ?? Number.NaN;
    if (fixture.config.zero_gradient_slices[tensor] === undefined)
      expect(Math.abs(gradNorm / official - 1), tensor).toBeLessThan(2e-5);
  }
  for (const who of ['student', 'teacher'] as const)
    for (const spec of fixture.spec.parameters) {
      const values = await found.expected[who].get(spec.name)?.data<'float32'>();
      const official = fixture.values(`${who}1/${spec.name}`);
      const zero = fixture.config.zero_gradient_slices[spec.name] ?? [0, 0];
      const errors = [...toOfficial(spec, Float32Array.from(values ?? []))]
        .map((value, i) => (i >= zero[0] && i < zero[1] ? 0 : Math.abs(value - (official[i] ?? Number.NaN))))
        .sort((a, b) => b - a);
      const trimmed = errors[Math.max(1, Math.floor(ROUNDED * errors.length))] ?? 0;
      expect(trimmed, `${who} ${spec.name}`).toBeLessThan(1e-6);
      expect(errors[0], `${who} ${spec.name}`).toBeLessThan(2.1 * at.lr + 1e-6);
    }
  disposeDissection(found);
  disposeRun(state);
  disposeStepInputs(inputs);
});
