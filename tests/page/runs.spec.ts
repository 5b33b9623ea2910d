/** Runs by the page's own controls: forked with one change, compared, hidden, renamed, gone on with, kept over Reset. */
import type { Page } from '@playwright/test';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

const LONG = { 'training.steps': 100_000, 'evaluation.knnEvery': 5, 'evaluation.snapshotSeconds': 0.5 };

async function begin(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy({ ...LONG, ...changes }));
  await expect(statusLine(page)).toContainText(TOY_READY);
}

/** Trains until the step is beyond this one, pauses, and returns the step. */
async function trainBeyond(page: Page, step: number): Promise<number> {
  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(step);
  await control(page, 'Pause').click();
  return pausedStep(page);
}

const list = (page: Page) => page.getByRole('list', { name: 'Runs' });
const cards = (page: Page) => list(page).locator('> li');
const lines = (page: Page, chart: RegExp) =>
  page.getByRole('figure', { name: chart }).locator('figcaption > span');

test('forks a run with one change, compares both, and goes on with the parent from its step', async ({
  page,
}) => {
  await begin(page);
  const left = await trainBeyond(page, 12);
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect(cards(page)).toHaveCount(1);
  const parent = (await cards(page).first().getByRole('heading').textContent()) ?? '';
  expect(parent).toMatch(/^[a-z]+-[a-z]+$/);

  // By keyboard, as the first change that is offered is centering.
  await page.getByRole('button', { name: `Fork ${parent}` }).focus();
  await page.keyboard.press('Enter');
  const form = page.getByRole('dialog', { name: `Fork ${parent}` });
  await expect(form.getByRole('switch', { name: 'Centering' })).not.toBeChecked();
  await form.getByText('What a fork cannot change').click();
  await expect(form.getByText(/other shapes.*Prototypes/)).toBeVisible();
  await form.getByRole('button', { name: 'Fork and train' }).click();
  await expect(form).toHaveCount(0);
  await expect.poll(() => stepShown(page)).toBeGreaterThan(left + 12);
  await control(page, 'Pause').click();
  const forked = await pausedStep(page);

  await expect(cards(page)).toHaveCount(2);
  const [child, old] = [cards(page).first(), cards(page).last()];
  await expect(child).toContainText('in progress');
  await expect(child).toContainText(`fork of ${parent} at step ${left}`);
  await expect(child).toContainText('Centering: on → off');
  await expect(old).toContainText(`paused at step ${left} of 100,000`);
  const differing = page.getByRole('table', { name: 'Settings that differ' });
  await expect(differing.getByRole('row')).toHaveCount(2);
  await expect(differing.getByRole('row').last()).toContainText(/Centering\s*on\s*off/);

  await expect(lines(page, /^Training loss of/)).toHaveCount(2);
  await expect(lines(page, /^k-NN accuracy of/)).toHaveCount(2);
  const maps = page
    .getByRole('region', { name: 'Attention compared' })
    .getByRole('img', { name: /, Teacher mean on / });
  await expect(maps).toHaveCount(16);
  await page.getByRole('button', { name: `Curves of ${parent}` }).click();
  await expect(lines(page, /^Training loss of/)).toHaveCount(1);
  await expect(page.getByRole('button', { name: `Curves of ${parent}` })).toHaveAttribute(
    'aria-pressed',
    'false',
  );
  await page.getByRole('button', { name: `Curves of ${parent}` }).click();
  await expect(lines(page, /^Training loss of/)).toHaveCount(2);

  await page.getByRole('button', { name: `Go on with ${parent}` }).click();
  await expect(statusLine(page)).toContainText(`Paused at step ${left} of`);
  await expect(old).toContainText('in progress');
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText(`Paused at step ${left + 1} of`);
  await expect(cards(page).first()).toContainText(`paused at step ${forked} of`);
});

test('forks with another batch: says what that does to the place and goes on there', async ({ page }) => {
  await openPage(page, toy());
  await expect(statusLine(page)).toContainText(TOY_READY);
  for (const step of [1, 2, 3]) {
    await control(page, 'Step').click();
    await expect(statusLine(page)).toContainText(`Paused at step ${step} of 40`);
  }
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: /^Fork [a-z]+-[a-z]+$/ }).click();
  const form = page.getByRole('dialog', { name: /^Fork/ });
  await form.getByRole('combobox', { name: 'Change one setting' }).click();
  await page.getByRole('option', { name: 'Batch', exact: true }).click();
  await form.getByRole('spinbutton', { name: /^Batch/ }).fill('2');
  await form.getByRole('spinbutton', { name: /^Batch/ }).press('Enter');
  await expect(form).toContainText(
    /batches of 2 instead of 4 .* no longer to the last bit.*step 3 becomes step 6 of 80/,
  );
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/batch.png` });
  await form.getByRole('button', { name: 'Fork and wait' }).click();
  await expect(statusLine(page)).toContainText('Paused at step 6 of 80');
  await expect(cards(page).first()).toContainText(
    /fork of [a-z-]+ at step 3, which is step 6 with its batch/,
  );
  await expect(cards(page).first()).toContainText('Batch: 4 → 2');
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 7 of 80');
});

test('a switch of the collapse laboratory forks at once, and Back returns', async ({ page }) => {
  await begin(page);
  const left = await trainBeyond(page, 5);
  await page.getByRole('tab', { name: 'Collapse' }).click();
  const switches = page.getByRole('region', { name: 'Switches' });
  await switches.getByRole('switch', { name: /^Momentum/ }).press('Space');
  const back = switches.getByRole('button', { name: new RegExp(`^Back to [a-z-]+, step ${left}$`) });
  await expect(back).toBeVisible();
  await expect(switches.getByRole('switch', { name: /^Momentum/ })).not.toBeChecked();
  await expect(statusLine(page)).toContainText(`Paused at step ${left} of`);
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect(cards(page)).toHaveCount(2);
  await expect(cards(page).first()).toContainText(/Teacher momentum: .* → 0/);
  await page.getByRole('tab', { name: 'Collapse' }).click();
  await back.click();
  await expect(back).toHaveCount(0);
  await expect(switches.getByRole('switch', { name: /^Momentum/ })).toBeChecked();
});

test('keeps a finished run over Reset, renames it and removes it', async ({ page }) => {
  await begin(page, { 'training.steps': 10 });
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 10 steps');
  await control(page, 'Reset').click();
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect(cards(page)).toHaveCount(2);
  const finished = cards(page).last();
  await expect(finished).toContainText('finished, 10 steps');
  await expect(finished).toContainText(/loss \d\.\d{3}/);
  await finished.getByRole('button', { name: /^Rename/ }).click();
  await finished.getByRole('textbox').fill('first try');
  await finished.getByRole('textbox').press('Enter');
  await expect(finished.getByRole('heading')).toHaveText('first try');
  await page.getByRole('button', { name: 'Remove first try' }).click();
  await expect(cards(page)).toHaveCount(1);
});
