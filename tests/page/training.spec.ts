/** A run from the first step to the last, by the page's buttons and keys, and what can be read from it. */
import type { Page } from '@playwright/test';
import { decodeHash } from '../../src/config/url.ts';
import { readSafetensors } from '../../src/core/safetensors.ts';
import { planView } from '../../src/data/crop-plan.ts';
import { makeSample, SAMPLE_SIDE } from '../../src/data/samples.ts';
import { describeDraw, makeView } from '../../src/data/view.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep, savedCheckpoint, savedMetrics, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

type Changes = Record<string, string | number>;

/** So long that no test sees its end. */
const ENDLESS = { 'training.steps': 100_000, 'evaluation.knnEvery': 0 };

async function openToy(page: Page, changes: Changes = {}): Promise<void> {
  await openPage(page, toy(changes));
  await expect(statusLine(page)).toContainText(TOY_READY);
}

async function finish(page: Page): Promise<void> {
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 40 steps, k-NN');
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('trains, pauses, takes one step and begins anew by its buttons', async ({ page }) => {
  await openToy(page, ENDLESS);
  const loss = page.getByRole('region', { name: 'Training loss' });
  await expect(loss).toContainText('The loss appears here');

  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Training: step');
  await expect.poll(() => stepShown(page)).toBeGreaterThan(5);
  const seen = await stepShown(page);
  await expect.poll(() => stepShown(page)).toBeGreaterThan(seen);
  await expect(loss).toContainText(/at step [\d,]+/);

  await control(page, 'Pause').click();
  const paused = await pausedStep(page);
  const { steps } = await savedMetrics(page);
  expect(steps.map(({ step }) => step)).toEqual(range(1, paused));
  for (const row of steps)
    expect(Object.values(row).every((value) => Number.isFinite(value) || value === 'step')).toBe(true);

  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText(`Paused at step ${(paused + 1).toLocaleString('en')} of`);
  // Nothing had run on between the pause and the step.
  expect((await savedMetrics(page)).steps.map(({ step }) => step)).toEqual(range(1, paused + 1));

  await control(page, 'Reset').click();
  await expect(statusLine(page)).toContainText(TOY_READY);
  expect(await stepShown(page)).toBe(0);
  await expect(loss).toContainText('The loss appears here');
  expect((await savedMetrics(page)).steps).toEqual([]);
});

test('runs by space, full stop and r', async ({ page }) => {
  await openToy(page, ENDLESS);
  await page.keyboard.press('.');
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  await page.keyboard.press(' ');
  await expect.poll(() => stepShown(page)).toBeGreaterThan(3);
  await page.keyboard.press(' ');
  const paused = await pausedStep(page);
  await page.keyboard.press('.');
  await expect(statusLine(page)).toContainText(`Paused at step ${(paused + 1).toLocaleString('en')} of`);
  await page.keyboard.press('r');
  await page.getByRole('dialog', { name: 'Begin anew?' }).getByRole('button', { name: 'Begin anew' }).click();
  await expect(statusLine(page)).toContainText(TOY_READY);
});

test('ends with k-NN beside both baselines, and gives the same losses to the same seed', async ({ page }) => {
  await openToy(page, { 'training.seed': 7 });
  await finish(page);
  await expect(statusLine(page)).toHaveText(/Finished: 40 steps, k-NN \d+ % \(untrained \d+, pixels \d+\)$/);
  await expect(control(page, 'Train')).toBeDisabled();
  await page.getByRole('tab', { name: 'k-NN' }).click();
  await expect(page.getByText('Scored on 16 validation images of 8 classes')).toBeVisible();
  const first = await savedMetrics(page);
  expect(first.steps).toHaveLength(40);
  const last = first.knn.at(-1);
  expect(last).toMatchObject({ step: 40, train: 40, val: 16, classes: 8, k: 20 });
  for (const percent of [last?.teacher, last?.pixels, last?.untrained]) {
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }

  await control(page, 'Reset').click();
  await expect(statusLine(page)).toContainText(TOY_READY);
  await finish(page);
  const again = await savedMetrics(page);
  const losses = ({ steps }: typeof first) => steps.map(({ loss, gradNorm }) => [loss, gradNorm]);
  expect(losses(again)).toEqual(losses(first));

  await page.goto(`./?backend=wasm#${toy({ 'training.seed': 8 })}`);
  await page.reload();
  await expect(statusLine(page)).toContainText(TOY_READY);
  await finish(page);
  expect(losses(await savedMetrics(page))).not.toEqual(losses(first));
});

test('keeps the settings over a reload, and those of a run until Reset', async ({ page }) => {
  await openToy(page, ENDLESS);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  await page.getByRole('button', { name: /^Optimizer/ }).click();
  const rate = page.getByRole('spinbutton', { name: /^Learning rate( lr| η)?$/ });
  await rate.fill('0.005');
  await rate.press('Enter');
  await expect(page).toHaveURL(/optimizer\.lr=0\.005/);
  await expect(page.getByText('One change waits')).toBeVisible();
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 2 of');
  const before = await savedMetrics(page);
  expect(before.summary.config.optimizer).toMatchObject({ lr: 0.001 });

  await control(page, 'Reset').click();
  await expect(page.getByText('One change waits')).toHaveCount(0);
  for (const step of [1, 2]) {
    await control(page, 'Step').click();
    await expect(statusLine(page)).toContainText(`Paused at step ${step} of`);
  }
  const after = await savedMetrics(page);
  expect(after.summary.config.optimizer).toMatchObject({ lr: 0.005 });
  // Still warming up, so in proportion to the peak; the first step begins at 0.
  expect((after.steps[1]?.lr ?? 0) / (before.steps[1]?.lr ?? 1)).toBeCloseTo(5, 4);

  await page.reload();
  await expect(statusLine(page)).toContainText(TOY_READY);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  expect((await savedMetrics(page)).summary.config).toEqual(after.summary.config);
});

test('saves a checkpoint under the official names', async ({ page }) => {
  await openToy(page);
  for (const step of [1, 2]) {
    await control(page, 'Step').click();
    await expect(statusLine(page)).toContainText(`Paused at step ${step} of`);
  }
  const { name, bytes } = await savedCheckpoint(page);
  expect(name).toBe('dino-custom-step2.safetensors');
  const { metadata, tensors } = readSafetensors(bytes);
  const shapeOf = (key: string) => tensors.get(key)?.shape;
  for (const who of ['student.module.', 'teacher.']) {
    expect(shapeOf(`${who}backbone.cls_token`)).toEqual([1, 1, 12]);
    expect(shapeOf(`${who}backbone.pos_embed`)).toEqual([1, 17, 12]);
    expect(shapeOf(`${who}backbone.patch_embed.proj.weight`)).toEqual([12, 3, 4, 4]);
    expect(shapeOf(`${who}backbone.blocks.0.attn.qkv.weight`)).toEqual([36, 12]);
    expect(shapeOf(`${who}backbone.norm.bias`)).toEqual([12]);
    expect(shapeOf(`${who}head.mlp.0.weight`)).toEqual([16, 12]);
    expect(shapeOf(`${who}head.last_layer.weight_v`)).toEqual([33, 8]);
    expect(shapeOf(`${who}head.last_layer.weight_g`)).toEqual([33, 1]);
  }
  expect(shapeOf('dino_loss.center')).toEqual([1, 33]);
  for (const [key, { data }] of tensors)
    expect(
      [...data].every((value) => Number.isFinite(Number(value))),
      key,
    ).toBe(true);
  // Two steps have moved the student away from the teacher.
  expect(tensors.get('student.module.backbone.blocks.0.mlp.fc1.weight')?.data).not.toEqual(
    tensors.get('teacher.backbone.blocks.0.mlp.fc1.weight')?.data,
  );
  const { summary } = await savedMetrics(page);
  expect(JSON.parse(metadata.config ?? '')).toEqual(summary.config);
  expect(metadata).toMatchObject({ step: '2', dataset: summary.fingerprint });
});

test('renews the attention maps while training', async ({ page }) => {
  await openToy(page, { ...ENDLESS, 'evaluation.snapshotSeconds': 0.5 });
  await page.getByRole('tab', { name: 'Attention' }).click();
  const panel = page.getByRole('region', { name: 'Attention', exact: true });
  await expect(panel).toContainText('snapshot of step 0');
  const tile = panel.locator('canvas').nth(1);
  const painted = () => tile.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
  const before = await painted();
  await control(page, 'Train').click();
  const stepOfMaps = async () =>
    Number(/step ([\d,]+)/.exec((await panel.textContent()) ?? '')?.[1]?.replaceAll(',', ''));
  await expect.poll(stepOfMaps).toBeGreaterThan(0);
  const first = await stepOfMaps();
  await expect.poll(stepOfMaps).toBeGreaterThan(first);
  await expect.poll(painted).not.toBe(before);
  await control(page, 'Pause').click();
  const paused = await pausedStep(page);
  await expect(panel).toContainText(`snapshot of step ${paused.toLocaleString('en')}`);
  await expect(panel).not.toContainText(' ago');
});

test('shows the very views that the data room makes for this image and epoch', async ({ page }) => {
  const hash = toy({ 'training.seed': 3 });
  await openPage(page, hash);
  await expect(statusLine(page)).toContainText(TOY_READY);
  const { config } = decodeHash(hash);
  const image = { id: 5, epoch: 3 };
  const choose = async (name: string, value: number) => {
    const field = page.getByRole('textbox', { name: new RegExp(`^${name}, from 0 to`) });
    await field.fill(String(value));
    await field.blur();
  };
  await choose('Image', image.id);
  await choose('Epoch', image.epoch);
  await expect(page.getByRole('img', { name: /local crops of epoch 3$/ })).toBeVisible();

  const { rgba } = makeSample({ seed: 3, split: 'train', index: image.id, tinted: false });
  const original = { width: SAMPLE_SIDE, height: SAMPLE_SIDE, rgba };
  for (const index of range(0, 3)) {
    const draw = planView(config, 3, image.epoch, image.id, index, SAMPLE_SIDE, SAMPLE_SIDE);
    const button = page.getByRole('button', { name: new RegExp(`^${draw.kind} view ${(index % 2) + 1}:`) });
    await expect(button).toHaveAccessibleName(
      `${draw.kind} view ${(index % 2) + 1}: ${describeDraw(draw).join(', ')}`,
    );
    const shown = await button.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      return [...(canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [])];
    });
    const { data } = makeView(original, draw);
    expect(shown.filter((_, at) => at % 4 !== 3)).toEqual([...data]);
  }
});
