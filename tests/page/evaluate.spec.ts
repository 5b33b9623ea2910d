/** Studies by the page's own controls: beside the training, cancelled, ended by a new run, opened and saved. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { readSafetensors } from '../../src/core/safetensors.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

async function openEvaluate(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy({ 'evaluation.knnEvery': 0, ...changes }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Evaluate' }).click();
}

const run = (page: Page, study: string) =>
  page.getByRole('button', { name: new RegExp(`^(Run|Save).*: ${study}$`) });
const scores = (page: Page, study: string) => page.getByRole('table', { name: `${study}: scores` });

test('scores a network beside its training, opens a cell of the matrix, and saves everything', async ({
  page,
}) => {
  await openEvaluate(page, { 'training.steps': 100_000 });
  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(2);
  const before = await stepShown(page);
  await run(page, 'Nearest neighbours').click();
  await run(page, 'Classification report').click();
  await expect(scores(page, 'Nearest neighbours')).toContainText('weighted vote, k = 10');
  await expect(scores(page, 'Nearest neighbours')).toContainText('leave-one-out');
  await expect(scores(page, 'Classification report')).toContainText('accuracy, k-NN');
  expect(await stepShown(page)).toBeGreaterThan(before);
  await control(page, 'Pause').click();
  await expect(statusLine(page)).toContainText('Paused at step');

  const matrix = page.getByRole('table', { name: 'Confusion matrix' });
  const cells = await matrix
    .getByRole('button')
    .evaluateAll((all) => all.map((cell) => Number(cell.textContent)));
  expect(cells).toHaveLength(64);
  expect(cells.reduce((sum, count) => sum + count, 0)).toBe(16);
  // By keyboard: to the first cell with images, and into it.
  const at = cells.findIndex((count) => count > 0);
  await matrix.getByRole('button').first().focus();
  for (let i = 0; i < Math.floor(at / 8); i++) await page.keyboard.press('ArrowDown');
  for (let i = 0; i < at % 8; i++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: /taken for/ });
  await expect(sheet.getByRole('listitem')).toHaveCount(cells[at] ?? 0);
  await expect(sheet.getByRole('img').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toHaveCount(0);

  const results = page.getByRole('table', { name: 'All results' });
  await expect(results.getByRole('row').nth(1).getByRole('cell').first()).toHaveText(/^[a-z]+-[a-z]+$/);
  const csv = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const rows = (await readFile(await (await csv).path(), 'utf8')).trimEnd().split('\n');
  expect(rows[0]).toContain('run,step,study,network');
  expect(rows.some((row) => row.includes('"weighted vote, k = 10"'))).toBe(true);
  const json = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as JSON' }).click();
  const saved: unknown = JSON.parse(await readFile(await (await json).path(), 'utf8'));
  expect(saved).toMatchObject({ results: [{ study: { kind: 'knn' } }, { study: { kind: 'report' } }] });
});

test('goes through the other studies, and writes the features to a file', async ({ page }) => {
  await openEvaluate(page);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  await page.getByRole('textbox', { name: 'Epochs of the probe' }).fill('5');
  await page.getByRole('textbox', { name: 'Epochs of the probe' }).press('Enter');
  await run(page, 'Linear classifiers').click();
  await expect(scores(page, 'Linear classifiers')).toContainText('linear probe, SGD, 5 epochs');
  await expect(page.getByRole('figure', { name: /probe's accuracy over its epochs/ })).toBeVisible();
  await run(page, 'Clusters').click();
  await expect(scores(page, 'Clusters')).toContainText('purity');
  await page.getByRole('button', { name: 'All images of cluster 1', exact: true }).click();
  await expect(page.getByRole('dialog', { name: /^Cluster 1: \d+ images?$/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await run(page, 'Near-duplicates').click();
  await expect(page.getByText(/56 images compared, [\d,]+ pairs at a cosine of 0\.98 or more/)).toBeVisible();

  const file = page.waitForEvent('download');
  await run(page, 'Features as a file').click();
  const download = await file;
  expect(download.suggestedFilename()).toBe('features-teacher-step1.safetensors');
  const { tensors } = readSafetensors(await readFile(await download.path()));
  expect(tensors.get('train/features')?.shape).toEqual([40, 12]);
  expect(tensors.get('val/labels')?.shape).toEqual([16]);
  await expect(page.getByText('Saved. Features of 40 training and 16 validation images.')).toBeVisible();
});

test('fine-tunes a copy of the network, shows how it goes, and reports the classes that it gives', async ({
  page,
}, info) => {
  await openEvaluate(page, { 'training.steps': 100_000 });
  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(2);
  const card = page.getByRole('region', { name: 'Fine-tuning', exact: true });
  const fill = async (name: string, value: string) => {
    await card.getByRole('textbox', { name }).fill(value);
    await card.getByRole('textbox', { name }).press('Enter');
  };
  await fill('Epochs of fine-tuning', '200');
  await fill('Epochs without a better loss', '200');
  await run(page, 'Fine-tuning').click();
  // While it learns: its curves, and its name beside the training's in the status line.
  const accuracy = card.getByRole('figure', { name: /^Accuracy over the epochs of fine-tuning/ });
  await expect(accuracy).toBeVisible();
  await expect(statusLine(page)).toContainText(
    /Training: step .* · Evaluating: Fine-tuning, this part \d+ %/,
  );
  await page.getByRole('button', { name: 'Cancel: Fine-tuning' }).click();
  await expect(card.getByText('Cancelled.')).toBeVisible();
  await expect(statusLine(page)).not.toContainText('Evaluating');
  await control(page, 'Pause').click();
  await expect(statusLine(page)).toContainText('Paused at step');

  await fill('Epochs of fine-tuning', '6');
  await card.getByText('rate 0.001', { exact: true }).click();
  await run(page, 'Fine-tuning').click();
  await expect(scores(page, 'Fine-tuning')).toContainText('fine-tuned, whole network');
  await expect(
    card.getByText(/Learned from 32 training images in batches of 4; the other 8 chose/),
  ).toBeVisible();
  await expect(accuracy).toBeVisible();
  await card.screenshot({ path: info.outputPath('finetune.png') });

  await page.getByRole('radiogroup', { name: 'Classifier of the report' }).getByText('Fine-tuned').click();
  await run(page, 'Classification report').click();
  await expect(scores(page, 'Classification report')).toContainText('accuracy, fine-tuned');
});

test('is cancelled within a moment, and ended by a new run with a sentence', async ({ page }) => {
  // Enough images that a study is still at work when it is looked at.
  await openPage(page, toy({ 'evaluation.knnEvery': 0, 'data.trainSamples': 2000 }));
  await expect(statusLine(page)).toContainText('Ready: 2,016 images');
  await page.getByRole('tab', { name: 'Evaluate' }).click();
  await run(page, 'Linear classifiers').click();
  const cancel = page.getByRole('button', { name: 'Cancel: Linear classifiers' });
  await expect(page.getByRole('progressbar', { name: 'Linear classifiers: progress' })).toBeVisible();
  await cancel.click();
  await expect(page.getByText('Cancelled.')).toBeVisible();
  await expect(run(page, 'Linear classifiers')).toBeEnabled();

  await run(page, 'Linear classifiers').click();
  await expect(page.getByTestId('stage')).toContainText(/of 2,000 images|Linear probe/);
  await control(page, 'Reset').click();
  await expect(page.getByText('The run was replaced meanwhile.')).toBeVisible();
  await expect(cancel).toHaveCount(0);
});
