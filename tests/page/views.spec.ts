/** Workers that make the views: there while the run trains, and gone with it. */
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

test('has views made beside the trainer for as long as the run lasts', async ({ page }) => {
  await openPage(page, toy({ 'training.steps': 100_000, 'evaluation.knnEvery': 0 }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  const making = () => page.workers().filter((worker) => worker.url().includes('view-worker')).length;
  expect(making()).toBe(0);

  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(10);
  await control(page, 'Pause').click();
  expect(await pausedStep(page)).toBeGreaterThan(10);
  // A worker that fails or gives a wrong answer is ended at once.
  const processors = await page.evaluate(() => navigator.hardwareConcurrency);
  expect(making()).toBe(Math.min(2, processors - 1));

  await control(page, 'Reset').click();
  await expect(statusLine(page)).toContainText(TOY_READY);
  await expect.poll(making).toBe(0);
});
