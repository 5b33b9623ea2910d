/** A closer look as a person takes it: any block, head and network, a clicked patch, a photo dropped, pictures saved. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { control, expect, openPage, test as pageTest, statusLine } from './chromium.ts';
import { pngFile, put } from './support/pictures.ts';
import { pausedStep } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

/** `place` is a path in a folder of the test's own. */
const test = pageTest.extend<{ place: (...path: string[]) => string }>({
  place: async ({ browserName: _ }, use, info) => use((...path) => info.outputPath(...path)),
});

const large = (page: Page) => page.getByRole('button', { name: /^Click a patch, or walk/ });
const largeMap = (page: Page) => large(page).getByRole('img');
const zone = (page: Page) => page.getByRole('region', { name: /^Drop a photo or a video here/ });

/** Writes a file of the test's own; its path. */
function made(place: (...path: string[]) => string, name: string, content: Uint8Array): string {
  put(place(), name, content);
  return place(name);
}

/** A toy of two blocks, looked at closer. */
async function openCloser(page: Page, changes: Record<string, number> = {}): Promise<void> {
  await openPage(page, toy({ 'backbone.depth': 2, ...changes }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Attention' }).click();
  await page.getByText('One picture, closer').click();
  await expect(largeMap(page)).toHaveAccessibleName(/^Mean of the heads of Teacher, block 2 of 2, from CLS/);
}

/** Drags a file of this machine over the zone and lets it go there. */
async function dropPhoto(page: Page, file: string): Promise<void> {
  const box = await zone(page).boundingBox();
  if (!box) throw new Error('The zone is not on the page');
  const browser = await page.context().newCDPSession(page);
  const at = { x: box.x + 60, y: box.y + 60 };
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  await browser.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at, data });
  await browser.send('Input.dispatchDragEvent', { type: 'dragOver', ...at, data });
  await expect(
    page.getByText('Drop a photo or a video here to look at it, without training on it'),
  ).toBeVisible();
  await browser.send('Input.dispatchDragEvent', { type: 'drop', ...at, data });
  await browser.detach();
}

/** Saves by this entry of the menu: the proposed name, and the size that the PNG's header states. */
async function saved(page: Page, entry: string) {
  await page.getByRole('button', { name: 'Save picture' }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: entry }).click();
  const file = await coming;
  const bytes = await readFile(await file.path());
  expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  return { name: file.suggestedFilename(), width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

test('any block, head and network, from CLS or from a patch by pointer and by keys', async ({ page }) => {
  await openCloser(page);
  await page.getByRole('button', { name: 'Head 3', exact: true }).click();
  await expect(largeMap(page)).toHaveAccessibleName(/^Head 3 of Teacher, block 2 of 2, from CLS/);
  await page.getByRole('slider', { name: 'Block' }).press('ArrowLeft');
  await expect(largeMap(page)).toHaveAccessibleName(/^Head 3 of Teacher, block 1 of 2/);
  await page.getByText('Untrained', { exact: true }).click();
  await expect(largeMap(page)).toHaveAccessibleName(/^Head 3 of Untrained, block 1 of 2/);

  const box = await large(page).boundingBox();
  if (!box) throw new Error('The large map is not on the page');
  // The second patch of the third row of four.
  await large(page).click({ position: { x: box.width * 0.375, y: box.height * 0.625 } });
  await expect(largeMap(page)).toHaveAccessibleName(/from patch row 3, column 2/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(largeMap(page)).toHaveAccessibleName(/from patch row 4, column 3/);
  await page.keyboard.press('Escape');
  await expect(largeMap(page)).toHaveAccessibleName(/from CLS/);

  await page.getByText('Rollout', { exact: true }).click();
  await expect(largeMap(page)).toHaveAccessibleName(/^Rollout of Untrained, block 1 of 2, from CLS/);
  await page.getByText('PCA colors', { exact: true }).click();
  await expect(
    page.getByRole('img', { name: /^First three principal components of the patch tokens/ }),
  ).toBeVisible();
  const distances = page.getByRole('region', { name: 'Mean attention distance' });
  await expect(distances.getByRole('row')).toHaveCount(3);
  await expect(distances.getByRole('row', { name: /^1 / }).getByRole('cell')).toHaveCount(3);
});

test('follows the run, and shows what it was trained from beside it', async ({ page }) => {
  await openCloser(page, { 'training.steps': 5000 });
  const painted = () =>
    largeMap(page).evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''));
  await page.getByText('Student', { exact: true }).click();
  await expect(largeMap(page)).toHaveAccessibleName(/of Student/);
  const atFirst = await painted();
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText(/Training: step ([2-9]\d|\d{3})/);
  await control(page, 'Pause').click();
  const step = await pausedStep(page);
  await expect(zone(page).getByText(`at step ${step}`, { exact: true })).toBeVisible();
  expect(await painted()).not.toBe(atFirst);
  await page.getByText('Untrained', { exact: true }).click();
  await expect(largeMap(page)).toHaveAccessibleName(/of Untrained/);
  expect(await painted()).toBe(atFirst);
});

test('a dropped photo of any size is looked at and not trained on', async ({ page, place }) => {
  await openCloser(page);
  const odd = made(place, 'odd.png', pngFile(101, 67, 2, [220, 90, 60]));
  await dropPhoto(page, odd);
  await expect(zone(page)).toContainText('25 × 16 patches of 4 px: 101 × 67 px, cut to whole patches.');
  await expect(zone(page)).toContainText('odd.png');
  await expect(statusLine(page)).toContainText(TOY_READY);
  await expect(largeMap(page)).toHaveAccessibleName(/ of 400 patches$/);

  const wide = made(place, 'wide.png', pngFile(1000, 300, 1, [60, 90, 220]));
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open a photo' }).click();
  await (await chooser).setFiles(wide);
  await expect(zone(page)).toContainText(
    '60 × 18 patches of 4 px: 1,000 × 300 px scaled down to 240 × 72 px, as 60 patches a side are the most.',
  );
  await page.getByRole('button', { name: 'Measure on these 1,080 patches' }).click();
  await expect(page.getByRole('region', { name: 'Mean attention distance' }).getByRole('row')).toHaveCount(3);

  await dropPhoto(page, made(place, 'words.txt', Buffer.from('not a picture')));
  await expect(zone(page).getByRole('alert')).toHaveText('“words.txt” cannot be looked at: not an image.');
});

test('saves the map by itself and every head on a labelled sheet', async ({ page }) => {
  await openCloser(page);
  await page.getByRole('button', { name: 'Head 2', exact: true }).click();
  // A patch is a whole number of pixels, 4 × 4 of them within 1,200.
  expect(await saved(page, 'Save this picture (PNG)')).toEqual({
    name: 'dino-attention-teacher-block2-head-2-step0.png',
    width: 1200,
    height: 1200,
  });
  // Five cells of 300 px, three across: the picture, the mean and three heads.
  expect(await saved(page, 'Save every head on one sheet (PNG)')).toEqual({
    name: 'dino-attention-teacher-block2-sheet-step0.png',
    width: 24 + 3 * 324,
    height: 74 + 2 * 350,
  });
});

test('goes back to the first snapshot of a run, and on with it again', async ({ page }) => {
  await openPage(page, toy({ 'training.steps': 5000, 'evaluation.snapshotSeconds': 0.5 }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Attention' }).click();
  await expect(page.getByText('snapshot of step 0')).toBeVisible();
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText(/Training: step ([2-9]\d|\d{3})/);
  await control(page, 'Pause').click();
  const step = await pausedStep(page);
  await expect(page.getByText(`snapshot of step ${step}`)).toBeVisible();
  const snapshots = page.getByRole('slider', { name: 'Snapshot' });
  await expect(snapshots).toHaveAttribute('aria-valuetext', `step ${step}`);
  await snapshots.press('Home');
  await expect(page.getByText(/snapshot of step 0, \d+ ago/)).toBeVisible();
  await expect(
    page.getByRole('figure', { name: /^Attention on the object over steps, teacher/ }),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Newest' }).click();
  await expect(page.getByText(`snapshot of step ${step}`)).toBeVisible();
});
