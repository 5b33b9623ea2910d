/** What goes wrong, and what the page says and does then. Nothing a person does leaves it stuck. */
import type { Page } from '@playwright/test';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { savedCheckpoint, savedMetrics, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

/** Plain gradient steps, a thousand times too long and unclipped, on sharp temperatures: the weights overflow. */
const EXPLODING = {
  'optimizer.kind': 'sgd',
  'optimizer.lr': 10,
  'optimizer.clip': 'off',
  'optimizer.lrWarmupEpochs': 0,
  'optimizer.weightDecay': 10,
  'optimizer.weightDecayEnd': 10,
  'head.lastLayer': 'free',
  'head.l2Bottleneck': 'false',
  'loss.studentTemp': 0.001,
  'training.steps': 5000,
};

async function openToy(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy(changes));
  await expect(statusLine(page)).toContainText(TOY_READY);
}

test('pauses with a sentence when the loss is no number any more, and Reset begins anew', async ({
  page,
}) => {
  await openToy(page, EXPLODING);
  await control(page, 'Train').click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(/was not a finite number at step \d+/);
  await expect(alert).toContainText('Lower the learning rate');
  await expect(statusLine(page)).toContainText('Stopped: ');
  await expect(control(page, 'Train')).toBeDisabled();
  await expect(control(page, 'Step')).toBeDisabled();
  await expect(alert).toContainText(
    /Or lose nothing up to step \d+: change the settings, the batch size too/,
  );
  await expect(alert.getByRole('button', { name: /^Go on from step \d+$/ })).toBeVisible();
  const { steps } = await savedMetrics(page);
  for (const { loss, gradNorm } of steps) expect([loss, gradNorm].every(Number.isFinite)).toBe(true);

  await page.getByLabel('Preset').selectOption('nano');
  await expect(page).toHaveURL(/preset=nano/);
  await control(page, 'Reset').click();
  await expect(alert).toHaveCount(0);
  await expect(statusLine(page)).toContainText(TOY_READY);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of 3,000');
});

test('says that a batch is larger than the images, and goes on once it is not', async ({ page }) => {
  await openPage(page, toy({ 'training.batchSize': 64 }));
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('A batch of 64 needs more images than the 40 that are here');
  await expect(statusLine(page)).toContainText('These settings do not fit the images');
  await expect(page.getByRole('listbox', { name: 'Images of the run' })).toBeVisible();
  await page.getByRole('button', { name: /^Run/ }).click();
  const batch = page.getByRole('spinbutton', { name: /^Batch/ });
  await batch.fill('8');
  await batch.press('Enter');
  await expect(alert).toHaveCount(0);
  await expect(statusLine(page)).toContainText(TOY_READY);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of 40');

  await batch.fill('41');
  await batch.press('Enter');
  await control(page, 'Reset').click();
  await expect(alert).toContainText('A batch of 41 needs more images');
  await expect(statusLine(page)).toContainText('These settings do not fit the images');
  await batch.fill('4');
  await batch.press('Enter');
  await expect(alert).toHaveCount(0);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of 40');
});

test('reports an address that it cannot read, ignores it whole, and is ready all the same', async ({
  page,
}) => {
  const notice = page.getByRole('note', { name: 'Address' });
  await openPage(page, `${toy()}&training.speed=9`);
  await expect(notice).toContainText('there is no setting “training.speed”');
  await expect(page.getByLabel('Preset')).toHaveValue('samples');
  await expect(statusLine(page)).toContainText('Ready: 2,400 images');

  for (const [hash, words] of [
    ['training.batchSize=many', 'training.batchSize cannot be “many” (a number is needed)'],
    ['backbone.dim=100&backbone.heads=7', 'not a multiple of 7 heads'],
    ['hello%', '“hello%” is not of the form name=value'],
  ] as const) {
    await page.evaluate((typed) => {
      window.location.hash = typed;
    }, hash);
    await expect(notice).toContainText(words);
    await expect(page.getByLabel('Preset')).toHaveValue('samples');
  }
  await page.evaluate((typed) => {
    window.location.hash = typed;
  }, toy());
  await expect(notice).toHaveCount(0);
  await expect(statusLine(page)).toContainText('40 steps planned');
});

test('asks no other address for anything, whatever is done', async ({ page, context, baseURL }) => {
  const asked: string[] = [];
  context.on('request', (request) => asked.push(request.url()));
  const sockets: string[] = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  await openToy(page, { 'evaluation.snapshotSeconds': 0.5 });
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 40 steps, k-NN');
  for (const tab of ['Attention', 'k-NN', 'Crops']) await page.getByRole('tab', { name: tab }).click();
  await savedMetrics(page);
  await savedCheckpoint(page);
  await page.getByRole('button', { name: 'Help' }).click();
  await page.keyboard.press('Escape');
  expect(await stepShown(page)).toBe(40);

  const own = new URL(baseURL ?? '').origin;
  const origins = new Set(asked.map((url) => new URL(url).origin));
  // What comes from memory (blob:) counts under the page's own origin.
  expect([...origins]).toEqual([own]);
  expect(sockets).toEqual([]);
  const scripts = asked.filter((url) => /worker[^/]*\.js$/.test(url));
  expect(scripts.length, 'the workers were watched too').toBeGreaterThan(0);
});
