/** A run holds as much memory at its end as near its beginning. */
import type { Page } from '@playwright/test';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

/** What the page tells a person about tensors, e.g. "112 in 98 KiB". */
async function tensorsShown(page: Page): Promise<string> {
  await page.getByRole('button', { name: /^Backend: WASM/ }).hover();
  const row = page.getByRole('row', { name: /^Tensors/ });
  await expect(row).toBeVisible();
  const text = await row.getByRole('cell').textContent();
  await page.mouse.move(600, 600);
  await expect(row).toHaveCount(0);
  return text ?? '';
}

test('holds as many tensors and bytes after 1,000 steps as after 100', async ({ page }) => {
  const steps = { 'training.steps': 1000, 'training.batchSize': 2, 'views.localCount': 1 };
  // Snapshots and scores as often as they come: they must give back what they take.
  const watched = { 'evaluation.knnEvery': 150, 'evaluation.snapshotSeconds': 0.5 };
  await openPage(page, toy({ ...steps, ...watched }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThanOrEqual(100);
  await control(page, 'Pause').click();
  const early = await pausedStep(page);
  expect(early).toBeLessThan(900);
  const before = await tensorsShown(page);
  expect(before).toMatch(/^\d+ in [\d.]+ KiB$/);

  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 1,000 steps, k-NN', { timeout: 240_000 });
  expect(await tensorsShown(page)).toBe(before);
});
