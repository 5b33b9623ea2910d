/** The Collapse tab: a run collapsed on purpose is named, its prototypes are counted, one image's answers taken apart. */
import type { Page } from '@playwright/test';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

async function openCollapse(
  page: Page,
  changes: Record<string, string | number | boolean> = {},
): Promise<void> {
  const settings = Object.fromEntries(Object.entries(changes).map(([name, value]) => [name, String(value)]));
  await openPage(page, toy({ 'evaluation.knnEvery': 0, ...settings }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Collapse' }).click();
}

const verdict = (page: Page) => page.getByTestId('verdict');

test('says when it is too early, counts prototypes, and takes one image’s answers apart', async ({
  page,
}) => {
  await openCollapse(page);
  const use = page.getByRole('region', { name: 'Prototypes in use' });
  // Before the first step the teacher is the untrained network.
  await expect(
    use.getByRole('img', { name: /^Images a prototype, teacher: [\d,]+ of 33 prototypes/ }),
  ).toBeVisible();
  await control(page, 'Step').click();
  await pausedStep(page);
  await expect(verdict(page)).toHaveText('Too early to say');
  const signs = page.getByRole('table', { name: 'Signs' });
  await expect(signs).toContainText('of 12;');
  await expect(signs).toContainText('of 33 by 40 images');
  await use.getByRole('button', { name: 'Look now' }).click();
  await expect(use).toContainText('at step 1');

  await page.getByRole('button', { name: 'Take a step apart' }).click();
  const answers = page.getByRole('region', { name: 'One image’s answers' });
  await expect(answers).toContainText('at step 2');
  await expect(answers.getByRole('listitem')).toHaveCount(5);
  await expect(answers).toContainText('left out: the same view');
  const terms = async () =>
    (await answers.getByRole('listitem').filter({ hasText: 'loss' }).locator('b').allTextContents()).map(
      Number,
    );
  const first = await terms();
  expect(first).toHaveLength(3);
  await page.getByText('Teacher sees G2').click();
  const all = [...first, ...(await terms())];
  const mean = all.reduce((sum, term) => sum + term, 0) / all.length;
  const said = /both teacher views together: ([\d.]+)/.exec((await answers.textContent()) ?? '')?.[1];
  expect(mean).toBeCloseTo(Number(said), 1);
});

test('names a collapse that was brought about, with its reason and remedy', async ({ page }) => {
  // Without centering, and at a rate that gets there soon.
  await openCollapse(page, {
    'loss.centering': false,
    'optimizer.lr': 0.01,
    'optimizer.lrRule': 'fixed',
    'teacher.momentum': 0.9,
    'head.freezeEpochs': 0,
    'training.steps': 400,
  });
  await control(page, 'Train').click();
  await expect(verdict(page)).toHaveText('One-dimensional collapse');
  await expect(page.getByRole('region', { name: 'Diagnosis' })).toContainText('Switch centering on');
  await control(page, 'Pause').click();
  await pausedStep(page);
});
