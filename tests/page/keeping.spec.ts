/** A run that outlives the page: saved while it trains, offered after a reload or a crash, gone on with to the bit. */
import type { Page } from '@playwright/test';
import { readSafetensors } from '../../src/core/safetensors.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { savedMetrics, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

const saved = (page: Page) => page.getByTestId('saved');
const offer = (page: Page) => page.getByRole('region', { name: 'Kept run' });

async function open(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy(changes));
  await expect(statusLine(page)).toContainText(TOY_READY);
}

/** The whole state, as the File menu gives it. */
async function state(page: Page) {
  await page.getByRole('button', { name: 'File', exact: true }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Save run' }).click();
  const file = await coming;
  const chunks: Buffer[] = [];
  for await (const chunk of await file.createReadStream()) chunks.push(Buffer.from(chunk));
  return readSafetensors(Buffer.concat(chunks));
}

async function stepTo(page: Page, step: number): Promise<void> {
  while ((await stepShown(page)) < step) {
    const before = await stepShown(page);
    await control(page, 'Step').click();
    await expect.poll(() => stepShown(page)).toBe(before + 1);
  }
}

test('goes on after a reload with every weight, curve and score as if it had never been left', async ({
  page,
}) => {
  await open(page, { 'training.steps': 40, 'evaluation.knnEvery': 10 });
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 40 steps, k-NN');
  const whole = await state(page);
  const wholeMetrics = await savedMetrics(page);

  await control(page, 'Reset').click();
  await expect(statusLine(page)).toContainText(TOY_READY);
  await stepTo(page, 20);
  await expect(saved(page)).toContainText(/^saved (just now|\d+ s ago)$/);
  await page.reload();
  await expect(statusLine(page)).toContainText(TOY_READY);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/offer.png` });
  await expect(offer(page)).toContainText(
    /^Go on with [a-z]+-[a-z]+ at step 20 of 40, saved (just now|\d+ s ago)\?/,
  );
  await offer(page).getByRole('button', { name: 'Go on' }).click();
  await expect(statusLine(page)).toContainText('Paused at step 20 of 40');
  await expect(offer(page)).toHaveCount(0);
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 40 steps, k-NN');
  const resumed = await state(page);
  expect(resumed.metadata).toEqual(whole.metadata);
  expect([...resumed.tensors.keys()]).toEqual([...whole.tensors.keys()]);
  for (const [name, tensor] of whole.tensors) expect(resumed.tensors.get(name), name).toEqual(tensor);

  const metrics = await savedMetrics(page);
  const figures = ({ steps }: typeof metrics) => steps.map(({ seconds, ...row }) => row);
  expect(figures(metrics)).toEqual(figures(wholeMetrics));
  // When k-NN is due depends on the clock too; what it finds at a step does not.
  expect(metrics.knn[0]?.step).toBe(10);
  expect(metrics.knn.at(-1)).toEqual(wholeMetrics.knn.at(-1));
});
