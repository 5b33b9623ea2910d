/** A step taken apart by the page's own controls: nine phases by keyboard, numbers that are the run's, the next step. */
import type { Page } from '@playwright/test';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { savedMetrics, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

const NAMES = [
  'Crops',
  'Teacher',
  'Center and sharpen',
  'Student',
  'Loss pairs',
  'Gradients and clipping',
  'AdamW',
  'Teacher follows',
  'Center follows',
];

async function openStep(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy({ 'evaluation.knnEvery': 0, ...changes }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Step by step' }).click();
}

const title = (page: Page) => page.getByRole('heading', { level: 3 }).filter({ hasText: / of 9/ });
const figure = (page: Page) => page.getByRole('region', { name: 'Step by step' }).locator('header');
const value = async (page: Page, which: 'run' | 'here') =>
  Number(await page.getByTestId(`${which}-value`).textContent());

test('walks through the nine phases of a real step by keyboard, and its numbers are the run’s own', async ({
  page,
}) => {
  await openStep(page);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  await page.getByRole('button', { name: 'Take a step apart' }).click();
  await expect(figure(page)).toContainText('step 2');
  await expect(statusLine(page)).toContainText('Paused at step 2 of');
  for (const [i, name] of NAMES.entries()) {
    await expect(title(page)).toHaveText(`${i + 1} of 9 ${name}`);
    await expect(page.locator('math[display=block]')).toBeVisible();
    await expect(page.locator('[data-testid^=picture-]').locator('svg, canvas').first()).toBeVisible();
    await page.keyboard.press('ArrowRight');
  }
  await expect(page.getByRole('button', { name: 'Next', exact: true })).toBeDisabled();

  const { steps } = await savedMetrics(page);
  const own = steps.at(-1);
  expect(own?.step).toBe(2);
  const phases = page.getByRole('list', { name: 'Phases of the step' });
  for (const [name, wanted] of [
    ['Center and sharpen', own?.teacherEntropy],
    ['Loss pairs', own?.loss],
    ['Gradients and clipping', own?.gradNorm],
  ] as const) {
    await phases.getByRole('button', { name }).click();
    expect(await value(page, 'run')).toBeCloseTo(wanted ?? Number.NaN, 3);
    expect(await value(page, 'here')).toBeCloseTo(wanted ?? Number.NaN, 3);
  }
  await phases.getByRole('button', { name: 'AdamW' }).click();
  await expect(page.getByTestId('here-value')).toContainText(/to the last bit|10⁻/);
});

test('shows other images and pairs of the batch, and the next step at the same phase', async ({ page }) => {
  await openStep(page);
  await page.getByRole('button', { name: 'Take a step apart' }).click();
  await page.getByRole('button', { name: '5: Loss pairs' }).click();
  const images = page.getByRole('toolbar', { name: 'Images of the batch' });
  await expect(images.getByRole('button')).toHaveCount(4);
  const mean = page.getByTestId('pair-mean');
  const before = await mean.textContent();
  await images.getByRole('button').nth(2).click();
  await expect(images.getByRole('button').nth(2)).toHaveAttribute('aria-pressed', 'true');
  await expect(mean).not.toHaveText(before ?? '');
  const matrix = page.getByRole('table', { name: 'Loss of each pair' });
  // Two teacher views, four student views, two pairs of the same view.
  await expect(matrix.getByRole('button')).toHaveCount(6);
  await matrix.getByRole('button', { pressed: true }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(matrix.getByRole('button', { name: /^Teacher G1, student L1/ })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  // The arrows walk over the pairs here, not over the phases.
  await expect(title(page)).toContainText('Loss pairs');
  await page.getByText('Mean of all 4').click();
  const whole = Number(await mean.textContent());
  expect(whole).toBeCloseTo(await value(page, 'run'), 2);

  await page.getByRole('button', { name: 'Next step' }).click();
  await expect(figure(page)).toContainText('step 2');
  await expect(title(page)).toContainText('Loss pairs');
  expect(await stepShown(page)).toBe(2);
});

test('fills the window for a projector, without scrolling at 1280 × 720, and pauses a run in progress', async ({
  page,
}) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await openStep(page, { 'training.steps': 100_000 });
  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Take a step apart' }).click();
  await expect(statusLine(page)).toContainText('Paused at step');
  await page.getByRole('button', { name: 'Fill the window' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  for (const name of NAMES) {
    await expect(title(page)).toContainText(name);
    const hidden = await dialog.evaluate((root) =>
      [...root.querySelectorAll('*')]
        .filter(({ scrollHeight, clientHeight }) => clientHeight > 200 && scrollHeight > clientHeight + 1)
        .map(
          ({ className, scrollHeight, clientHeight }) => `${className}: ${scrollHeight} > ${clientHeight}`,
        ),
    );
    expect(hidden, name).toEqual([]);
    await page.keyboard.press('PageDown');
  }
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(title(page)).toContainText('Center follows');
});
