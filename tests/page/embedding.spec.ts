/** Maps of the images as a person makes them: seen forming, walked over, lassoed, kept, saved. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { z } from 'zod';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { TOY_READY, toy } from './support/toy.ts';

const region = (page: Page) => page.getByRole('region', { name: 'Embedding map', exact: true });
const map = (page: Page) => region(page).getByRole('button', { name: /Arrow keys walk/ });
const card = (page: Page) => page.getByTestId('map-card');
const figure = (page: Page) => region(page).locator('header');

async function openEmbedding(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy({ 'evaluation.knnEvery': 0, ...changes }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Embedding' }).click();
}

async function compute(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Compute/ }).click();
  await expect(page.getByRole('region', { name: 'How far to believe the map' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Compute again' })).toBeVisible();
}

/** Saves by this entry of the menu. */
async function saved(page: Page, entry: RegExp): Promise<{ name: string; bytes: Buffer }> {
  await page.getByRole('button', { name: 'Save map' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: entry }).click();
  const file = await coming;
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

const positionsSchema = z.object({
  step: z.int(),
  used: z.object({ method: z.string() }),
  points: z.array(z.object({ image: z.int(), x: z.number(), y: z.number(), label: z.string().nullable() })),
});

async function positions(page: Page) {
  const { bytes } = await saved(page, /Positions/);
  return positionsSchema.parse(JSON.parse(bytes.toString('utf8')));
}

test('lays out every image, tells of each by pointer and by keys, and opens those inside a line', async ({
  page,
}) => {
  await openEmbedding(page);
  await expect(page.getByText('No map yet')).toBeVisible();
  await page.getByRole('textbox', { name: 'Perplexity' }).fill('8');
  await compute(page);
  await expect(figure(page)).toContainText('t-SNE, teacher at step 0');
  await expect(page.getByText('Trustworthiness', { exact: true })).toBeVisible();
  await expect(region(page)).toContainText('A map is a picture, not a score');
  await expect(region(page)).toContainText('All 56 images');

  // Every point lies on the canvas: going over it in a grid meets some of them.
  const box = await map(page).boundingBox();
  if (!box) throw new Error('The map is not on the page');
  let met = 0;
  for (let i = 1; i < 30 && met === 0; i++) {
    await page.mouse.move(box.x + (box.width * i) / 30, box.y + box.height / 2);
    await page.waitForTimeout(20);
    met = await card(page).count();
  }
  expect(met).toBe(1);
  await page.mouse.move(box.x + 2, box.y + 2);
  await expect(card(page)).toHaveCount(0);

  await map(page).focus();
  await page.keyboard.press('ArrowRight');
  await expect(card(page)).toContainText(/(train|val)\//);
  const first = await card(page).textContent();
  for (const key of ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key);
  await expect(card(page)).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => card(page).textContent()).not.toBe(first);
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: /and what lies next to it/ });
  await expect(sheet.getByRole('listitem')).toHaveCount(24);
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);

  await page.getByRole('button', { name: 'Dragging draws a line around images' }).click();
  const corners = [
    [0.01, 0.01],
    [0.99, 0.01],
    [0.99, 0.99],
    [0.01, 0.99],
  ] as const;
  const [x, y] = corners[0];
  await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
  await page.mouse.down();
  for (const [right, down] of corners)
    await page.mouse.move(box.x + box.width * right, box.y + box.height * down, { steps: 4 });
  await page.mouse.up();
  const inside = page.getByRole('dialog', { name: '56 images inside the line' });
  await expect(inside.getByRole('listitem')).toHaveCount(56);
  await expect(inside.getByRole('img').first()).toBeVisible();
  await page.keyboard.press('Escape');
});

test('keeps maps over a run, moves from one to the next, hides groups, and saves what it shows', async ({
  page,
}) => {
  await openEmbedding(page);
  await page.getByText('PCA', { exact: true }).click();
  await compute(page);
  await expect(page.getByText('Variance shown, both axes')).toBeVisible();
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText(/Finished: 40 steps/);
  await compute(page);
  await expect(figure(page)).toContainText('PCA, teacher at step 40');
  const after = await positions(page);
  expect(after).toMatchObject({ step: 40, used: { method: 'pca' } });
  expect(after.points.map(({ image }) => image)).toEqual(Array.from({ length: 56 }, (_, id) => id));
  const slider = page.getByRole('slider', { name: 'Map' });
  await slider.press('ArrowLeft');
  await expect(figure(page)).toContainText('PCA, teacher at step 0');
  expect((await positions(page)).points[0]?.x).not.toBe(after.points[0]?.x);
  await page.getByRole('button', { name: 'Play the maps' }).click();
  await expect(figure(page)).toContainText('PCA, teacher at step 40');

  const groups = page.getByRole('list', { name: 'Groups of the map' });
  const first = groups.getByRole('button', { pressed: true }).first();
  const [, name = '', count = ''] = /^(\D+)(\d+)$/.exec((await first.textContent()) ?? '') ?? [];
  await groups.getByRole('button', { name: `Images of ${name}` }).click();
  const sheet = page.getByRole('dialog', { name: new RegExp(`^${count} images?: ${name}$`) });
  await expect(sheet.getByRole('listitem')).toHaveCount(Number(count));
  await page.keyboard.press('Escape');
  await first.click();
  await expect(groups.locator('[aria-pressed=false]')).toContainText(name);
  await page.getByRole('radiogroup', { name: 'Color by' }).getByText('Split').click();
  await expect(groups).toContainText('training40');

  const picture = await saved(page, /Picture/);
  expect(picture.name).toBe('map-pca-teacher-step40.png');
  expect(picture.bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  const projector = await saved(page, /TensorBoard/);
  const files = unzipSync(projector.bytes);
  const lines = (file: string) => new TextDecoder().decode(files[file]).trimEnd().split('\n');
  expect(lines('vectors.tsv').map((line) => line.split('\t').length)).toEqual(Array(56).fill(12));
  expect(lines('metadata.tsv')).toHaveLength(57);
  expect(lines('projector_config.pbtxt').join(' ')).toContain('image_path: "sprite.png"');
  const sprite = Buffer.from(files['sprite.png'] ?? []);
  expect([sprite.readUInt32BE(16), sprite.readUInt32BE(20)]).toEqual([8 * 48, 8 * 48]);
});

test('is cancelled at once, and ended by a new run with a sentence', async ({ page }) => {
  await openPage(page, toy({ 'evaluation.knnEvery': 0, 'data.trainSamples': 1500 }));
  await expect(statusLine(page)).toContainText('Ready: 1,516 images');
  await page.getByRole('tab', { name: 'Embedding' }).click();
  await page.getByRole('button', { name: 'Compute map' }).click();
  await expect(page.getByTestId('map-stage')).toContainText('t-SNE: step');
  await page.getByRole('button', { name: 'Cancel map' }).click();
  await expect(page.getByText('Cancelled.')).toBeVisible();
  await expect(page.getByText('No map yet')).toBeVisible();
  await page.getByRole('button', { name: 'Compute map' }).click();
  await expect(page.getByTestId('map-stage')).toContainText('t-SNE: step');
  await control(page, 'Reset').click();
  await expect(page.getByText('The run was replaced meanwhile.')).toBeVisible();
});
