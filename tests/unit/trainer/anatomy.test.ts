/** A step taken apart: its numbers are the step's own, and the run goes on as if nobody had looked. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig, RunOverrides } from '../../../src/config/schema.ts';
import { rgbOf } from '../../../src/core/pixels.ts';
import { patchRows } from '../../../src/data/view.ts';
import { upload } from '../../../src/ops/assign.ts';
import type { Anatomy } from '../../../src/protocol/anatomy.ts';
import { eventSchema, type TrainerEvent } from '../../../src/protocol/messages.ts';
import { Anatomist } from '../../../src/trainer/anatomy/anatomist.ts';
import { TrainingRun } from '../../../src/trainer/training-run.ts';
import { startBackend } from '../../../tools/node-backend.ts';
import { sampleCatalogue } from '../../../tools/sample-catalogue.ts';

const toy: RunConfig = applyOverrides(presetConfig('samples'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 12, depth: 2, heads: 3, dropPath: 0.2 },
  head: { hidden: 16, bottleneck: 8, prototypes: 33 },
  optimizer: { clipNorm: 0.2 },
  training: { batchSize: 4, steps: 12 },
});
const catalogue = sampleCatalogue(16, 4);

let events: TrainerEvent[] = [];
let anatomist: Anatomist;
let run: TrainingRun;

function begin(overrides: RunOverrides = {}): void {
  run = new TrainingRun(applyOverrides(toy, overrides), catalogue);
  anatomist.follow(run, catalogue);
}

beforeAll(async () => {
  await startBackend('wasm');
});

beforeEach(() => {
  events = [];
  anatomist = new Anatomist((event) => events.push(eventSchema.parse(event)));
});

afterEach(() => {
  run.dispose();
});

async function advance(): Promise<number> {
  const { loss } = await (await anatomist.advance(run)).figures;
  return loss;
}

async function dissect(image = 1): Promise<Anatomy> {
  anatomist.ask(3, image);
  await advance();
  const event = events.at(-1);
  if (event?.type !== 'anatomy') throw new Error(`Answered by ${JSON.stringify(event)}`);
  return event.anatomy;
}

/** All numbers of the run, bit for bit. */
async function stateOf(): Promise<number[][]> {
  const held = run.hold();
  const values: number[][] = [];
  for (const { tensors } of held.flats)
    for (const tensor of tensors.values()) values.push([...(await tensor.data<'float32'>())]);
  run.release(held);
  return values;
}

function expectAgreement({ agreement, differences }: Anatomy): void {
  for (const { here, run: own } of Object.values(agreement)) expect(here / own).toBeCloseTo(1, 5);
  expect(differences.student).toBeLessThan(1e-6);
  expect(differences.teacher).toBeLessThan(1e-6);
  expect(differences.center).toBeLessThan(1e-6);
}

const VARIANTS: [string, RunOverrides][] = [
  ['as the samples preset trains', {}],
  ['with the last layer frozen', { head: { freezeEpochs: 4 } }],
  [
    'with Adam, one clipping of all, the teacher first',
    { optimizer: { kind: 'adam', clip: 'global', weightDecay: 0.1 }, teacher: { update: 'before' } },
  ],
  [
    'with SGD, no clipping, no centering, teacher scores of unit length',
    { optimizer: { kind: 'sgd', clip: 'off' }, loss: { centering: false, teacherLogitsL2: true } },
  ],
  ['without the stop-gradient', { loss: { stopGradient: false }, backbone: { dropPath: 0.3 } }],
];

describe('a step taken apart', () => {
  it.each(VARIANTS)(
    '%s: loss, entropy, norms and all weights after it are the run’s own',
    async (_, overrides) => {
      begin(overrides);
      await advance();
      await advance();
      const anatomy = await dissect();
      expect(anatomy.step).toBe(3);
      expectAgreement(anatomy);
      // The update was no small thing beside the tolerance.
      expect(Math.max(...anatomy.tensors.map(({ moved }) => moved))).toBeGreaterThan(1e-4);
    },
  );

  it('disturbs nothing: the run after it is the run that nobody looked at, bit for bit', async () => {
    begin();
    await dissect();
    await advance();
    await dissect();
    const losses = [await advance()];
    const looked = await stateOf();
    run.dispose();
    begin();
    for (let i = 0; i < 3; i++) await advance();
    expect([await advance()]).toEqual(losses);
    expect(await stateOf()).toEqual(looked);
  });

  it('leaves no tensor behind', async () => {
    begin();
    await dissect();
    await advance();
    const before = tf.memory().numTensors;
    await dissect();
    await dissect();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('shows the pixels that the step saw, and answers that make up the loss', async () => {
    begin();
    anatomist.ask(3, 2);
    let rows: number[] = [];
    const advancing = run.advance.bind(run);
    run.advance = (look) =>
      advancing(async (coming) => {
        rows = [...(await coming.inputs.views.patches.data<'float32'>())];
        await look?.(coming);
      });
    const { figures } = await anatomist.advance(run);
    const { loss } = await figures;
    const event = events.at(-1);
    if (event?.type !== 'anatomy') throw new Error('No anatomy');
    const { specimen, ids, views, prototypes, at } = event.anatomy;
    expect(specimen).toMatchObject({ index: 2, id: ids[2] });
    expect(specimen.views).toHaveLength(4);
    // The third of four images: its global views lie at 2 and 6 of the first rows.
    const size = 3 * 16 * 16;
    for (const view of [0, 1]) {
      const pixels = specimen.views[view]?.pixels;
      if (!pixels) throw new Error('No view');
      const from = (4 * view + 2) * size;
      expect(rows.slice(from, from + size)).toEqual([...patchRows([rgbOf(pixels)], 4)]);
    }
    // A pair by the formula itself: the teacher's second view, the student's third.
    const wanted = specimen.targets.slice(prototypes);
    const scores = [...specimen.studentLogits.slice(2 * prototypes, 3 * prototypes)].map(
      (s) => s / at.studentTemp,
    );
    const all = Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0));
    const pair = -scores.reduce((sum, s, k) => sum + (wanted[k] ?? 0) * (s - all), 0);
    expect(specimen.pairs[views + 2]).toBeCloseTo(pair, 5);
    expect(specimen.pairs[0]).toBeNull();
    expect(specimen.pairs[views + 1]).toBeNull();
    const pairs = event.anatomy.pairs.filter((value) => value !== null);
    expect(pairs).toHaveLength(6);
    expect(pairs.reduce((sum, value) => sum + value, 0) / 6).toBeCloseTo(loss, 5);
  });

  it('moves a weight as AdamW’s formula says, and the teacher by its momentum', async () => {
    begin({ head: { freezeEpochs: 0 } });
    await advance();
    const { tensors, at } = await dissect();
    const { beta1, beta2, epsilon } = at.optimizer;
    for (const tensor of tensors) {
      const { piece, updates, decayed, distance, distanceAfter, coefficient, gradNorm } = tensor;
      expect(updates).toBe(2);
      expect(coefficient).toBeCloseTo(Math.min(1, 0.2 / gradNorm), 4);
      expect(distanceAfter / distance).toBeCloseTo(at.momentum, 3);
      const [m = [], v = []] = piece.momentsAfter;
      const decay = decayed ? at.lr * at.weightDecay : 0;
      for (let i = 0; i < piece.rows * piece.columns; i++) {
        const first = (m[i] ?? 0) / (1 - beta1 ** updates);
        const second = Math.sqrt((v[i] ?? 0) / (1 - beta2 ** updates));
        const wanted = (piece.student[i] ?? 0) * (1 - decay) - (at.lr * first) / (second + epsilon);
        expect(piece.studentAfter[i]).toBeCloseTo(wanted, 6);
        const teacher =
          at.momentum * (piece.teacher[i] ?? 0) + (1 - at.momentum) * (piece.studentAfter[i] ?? 0);
        expect(piece.teacherAfter[i]).toBeCloseTo(teacher, 6);
      }
    }
  });

  it('shows other images of the batch afterwards, and nothing of a run that was left', async () => {
    begin();
    const { specimen } = await dissect(0);
    anatomist.specimen(3);
    const other = events.at(-1);
    if (other?.type !== 'specimen') throw new Error('No specimen');
    expect(other.specimen.index).toBe(3);
    expect(other.specimen.targets).not.toEqual(specimen.targets);
    const answered = events.length;
    anatomist.leave('Gone.');
    anatomist.specimen(1);
    expect(events).toHaveLength(answered);
  });

  it('refuses a step whose loss is not finite, which the run makes as ever', async () => {
    begin();
    const advancing = run.advance.bind(run);
    run.advance = (look) =>
      advancing(async (coming) => {
        upload(
          coming.inputs.views.patches,
          new Float32Array(coming.inputs.views.patches.size).fill(Number.NaN),
        );
        await look?.(coming);
      });
    anatomist.ask(5, 0);
    expect(await advance()).toBeNaN();
    expect(events.at(-1)).toMatchObject({ type: 'dissect-refused', id: 5 });
  });
});
