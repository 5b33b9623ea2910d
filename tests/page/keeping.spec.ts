/** A run that outlives the page: saved while it trains, offered after a reload or a crash, gone on with to the bit. */
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { QUIET_FLAGS } from '../../tools/chromium.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pngFile, put } from './support/pictures.ts';
import { savedMetrics, savedRun, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

const saved = (page: Page) => page.getByTestId('saved');
const offer = (page: Page) => page.getByRole('region', { name: 'Kept run' });

async function open(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy(changes));
  await expect(statusLine(page)).toContainText(TOY_READY);
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
  const whole = await savedRun(page);
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
  await offer(page)
    .getByRole('button', { name: /^Go on with/ })
    .click();
  await expect(statusLine(page)).toContainText('Paused at step 20 of 40');
  await expect(offer(page)).toHaveCount(0);
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 40 steps, k-NN');
  const resumed = await savedRun(page);
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

test('goes on from its best state, gives it away as a file, and keeps the newest', async ({ page }) => {
  await open(page, { 'evaluation.knnEvery': 5 });
  await stepTo(page, 5);
  const best = await savedRun(page);
  await stepTo(page, 7);
  await expect(saved(page)).toContainText('saved');
  await page.reload();
  await expect(offer(page)).toContainText('at step 7 of 40');
  const onward = offer(page).getByRole('button', {
    name: /^Go on from the best \(step 5, k-NN [\d.]+ %\) of/,
  });
  await expect(onward).toHaveText(/^Go on from the best \(step 5, k-NN [\d.]+ %\)$/);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/best.png` });
  const coming = page.waitForEvent('download');
  await offer(page)
    .getByRole('button', { name: /^Export the best \(step 5, k-NN [\d.]+ %\)/ })
    .click();
  expect((await coming).suggestedFilename()).toMatch(/^[a-z]+-[a-z]+-knn[\d.]+-step5\.safetensors$/);

  await onward.click();
  await expect(statusLine(page)).toContainText('Paused at step 5 of 40');
  const resumed = await savedRun(page);
  expect(resumed.metadata).toEqual(best.metadata);
  for (const [name, tensor] of best.tensors) expect(resumed.tensors.get(name), name).toEqual(tensor);
  const metrics = await savedMetrics(page);
  expect(metrics.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
  expect(metrics.knn.map(({ step }) => step)).toEqual([5]);

  await page.getByRole('tab', { name: 'Runs' }).click();
  const list = page.getByRole('region', { name: 'Kept from earlier visits' });
  await expect(list).toContainText('1 kept');
  await expect(list).toContainText('at step 7 of 40');
  await expect(list.getByRole('button', { name: /^Go on from the best \(step 5/ })).toBeVisible();
  await stepTo(page, 6);
  await expect(saved(page)).toContainText('saved');
  await page.reload();
  await expect(offer(page)).toContainText(/^Go on with [a-z]+-[a-z]+-from-5 at step 6 of 40/);
  await page.getByRole('tab', { name: 'Runs' }).click();
  await expect(list).toContainText('2 kept');
  await expect(list).toContainText('at step 7 of 40');
});

/** Kills the page as a crash does, and opens another in its place. */
async function crash(page: Page, context: BrowserContext): Promise<Page> {
  const crashed = page.waitForEvent('crash');
  const browser = await context.newCDPSession(page);
  // The session ends with what it ends.
  browser.send('Page.crash').catch(() => undefined);
  await crashed;
  await page.close();
  return context.newPage();
}

test('is there after a crash, and asks for images of one’s own before it goes on', async ({
  page,
  context,
}, info) => {
  const folder = info.outputPath('cats');
  for (let i = 0; i < 8; i++) put(folder, `${i}.png`, pngFile(24, 20, i, [200, 40 + 20 * i, 90]));
  const choose = async (tab: Page, path: string) => {
    const chooser = tab.waitForEvent('filechooser');
    await tab.getByText('Choose a folder', { exact: true }).click();
    await (await chooser).setFiles(path);
  };
  await open(page, { 'training.steps': 30 });
  await choose(page, folder);
  await expect(statusLine(page)).toContainText('Ready: 8 images');
  await stepTo(page, 3);
  await expect(saved(page)).toContainText('saved');

  const next = await crash(page, context);
  await open(next, {});
  await expect(offer(next)).toContainText('at step 3 of 30');
  await expect(offer(next)).toContainText('Its images, cats (8 images), were not kept');
  const coming = next.waitForEvent('download');
  await offer(next)
    .getByRole('button', { name: /^Export/ })
    .click();
  expect((await coming).suggestedFilename()).toMatch(/^[a-z]+-[a-z]+-step3\.safetensors$/);
  await offer(next)
    .getByRole('button', { name: /^Go on with/ })
    .click();
  const awaited = next.getByRole('region', { name: 'Images awaited' });
  await expect(awaited).toContainText('Drop cats here');
  if (process.env.SHOTS) await next.screenshot({ path: `${process.env.SHOTS}/awaited.png` });

  const others = info.outputPath('dogs');
  for (let i = 0; i < 9; i++) put(others, `${i}.png`, pngFile(24, 20, i, [20, 40, 190]));
  await choose(next, others);
  await expect(next.getByRole('alert')).toContainText('These are not the images that');
  await expect(awaited).toBeVisible();
  await choose(next, folder);
  await expect(statusLine(next)).toContainText('Paused at step 3 of 30');
  await expect(next.getByRole('alert')).toHaveCount(0);
  await control(next, 'Step').click();
  await expect(statusLine(next)).toContainText('Paused at step 4 of 30');
  await next.close();
});

test('says why a run is not saved, in a second tab, on a full disk and after a clearing, and trains on', async ({
  page,
  context,
  baseURL,
  complaints,
}) => {
  const note = (tab: Page) => tab.getByRole('note', { name: 'Not saved' });
  await open(page, { 'training.steps': 1000 });
  await stepTo(page, 1);
  await expect(saved(page)).toContainText('saved');

  const second = await context.newPage();
  await open(second, {});
  await stepTo(second, 1);
  await expect(note(second)).toContainText('Another tab of this page is open and saves its run');
  await expect(saved(second)).toHaveText('not saved: another tab is');
  if (process.env.SHOTS) await second.screenshot({ path: `${process.env.SHOTS}/second.png` });

  const browser = await context.newCDPSession(page);
  const origin = new URL(baseURL ?? '').origin;
  await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1000 });
  await stepTo(page, 2);
  await expect(note(page)).toContainText('no room for the state of this run');
  await expect(note(page)).toContainText('What was saved at step 1 stays');
  await expect(saved(page)).toContainText('no room; last saved');
  await browser.send('Storage.overrideQuotaForOrigin', { origin });
  await stepTo(page, 3);
  await expect(saved(page)).toContainText(/^saved/);
  await expect(note(page)).toHaveCount(0);

  await browser.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await stepTo(page, 4);
  await expect(saved(page)).toContainText(/^saved (just now|[0-4] s ago)/);

  // The first tab is closed: the second one saves from then on.
  await page.close();
  await expect(note(second)).toHaveCount(0);
  await stepTo(second, 2);
  await expect(saved(second)).toContainText(/^saved/);
  await second.reload();
  await expect(offer(second)).toContainText('at step 2 of');
  await second.close();
  complaints.length = 0;
});

test('erases all that was kept, after saying what that is', async ({ page }) => {
  await open(page, {});
  await stepTo(page, 1);
  await expect(saved(page)).toContainText('saved');
  await page.reload();
  await expect(offer(page)).toBeVisible();
  await page.getByRole('button', { name: 'File', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Erase all my data' }).click();
  const question = page.getByRole('dialog', { name: 'Erase all my data?' });
  await expect(question).toContainText('1 run of earlier visits');
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/erase.png` });
  await Promise.all([
    page.waitForEvent('load'),
    question.getByRole('button', { name: 'Erase and open anew' }).click(),
  ]);
  await expect(statusLine(page)).toContainText('Ready: 2,400 images');
  await expect(offer(page)).toHaveCount(0);
  const left = await page.evaluate(async () => {
    const names: string[] = [];
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('kept-runs').catch(() => null);
    if (folder) for await (const name of folder.keys()) names.push(name);
    return { names, hash: location.hash, local: localStorage.length };
  });
  expect(left).toEqual({ names: [], hash: '', local: 0 });
});

test('says that a browser in which site data are blocked keeps nothing, and trains and exports all the same', async ({
  baseURL,
}, info) => {
  const profile = info.outputPath('profile');
  put(
    profile,
    'Default/Preferences',
    JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }),
  );
  const blocked = await chromium.launchPersistentContext(profile, {
    ...(process.env.CHROME_PATH ? { executablePath: process.env.CHROME_PATH } : {}),
    args: QUIET_FLAGS,
    baseURL: baseURL ?? '',
    serviceWorkers: 'block',
  });
  const page = await blocked.newPage();
  await open(page, {});
  await stepTo(page, 1);
  const note = page.getByRole('note', { name: 'Not saved' });
  await expect(note).toContainText(
    'This browser keeps nothing for the page, so the run is gone when the page is closed',
  );
  await expect(saved(page)).toHaveText('not saved in this browser');
  await stepTo(page, 2);
  expect([...(await savedRun(page)).tensors.keys()].length).toBeGreaterThan(10);
  await blocked.close();
});

test('trains on in a hidden tab, and after a freeze', async ({ page, context }) => {
  await open(page, { 'training.steps': 100_000 });
  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(2);
  const front = await context.newPage();
  await front.bringToFront();
  const hidden = await stepShown(page);
  await expect.poll(() => stepShown(page)).toBeGreaterThan(hidden + 5);
  const browser = await context.newCDPSession(page);
  await browser.send('Page.setWebLifecycleState', { state: 'frozen' });
  await browser.send('Page.setWebLifecycleState', { state: 'active' });
  const thawed = await stepShown(page);
  await expect.poll(() => stepShown(page)).toBeGreaterThan(thawed + 5);
  await page.bringToFront();
  await control(page, 'Pause').click();
  await expect(saved(page)).toContainText('saved');
  await front.close();
});
