/** The page's public controls, as a headless run works them: file inputs, buttons, the status line. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { HeadlessOptions } from './headless-options.ts';
import { type Progress, progressLine } from './progress.ts';

/** The page stopped, complained or fell silent; the message is its own where it has one. */
export class RunFailure extends Error {
  override name = 'RunFailure';
}

const LOOK_EVERY = 500; // ms
/** A page whose status has not changed for this long hangs: no step, image or shader takes so long. */
const LONGEST_SILENCE = 15 * 60_000; // ms
/** Looks that a page may stay with its old images, doing nothing, after it was given new ones. */
const LOOKS_FOR_IMAGES = 60;
const DOWNLOAD_TIMEOUT = 120_000; // ms
/** A page that computes in this thread answers late. */
const PATIENT = { timeout: 120_000 }; // ms

export interface Watched {
  page: Page;
  /** Says what went wrong in the page itself: an exception, a crash; null while all is well. */
  trouble(): string | null;
  progress: Progress;
}

/** Follows the page's own complaints from here on. */
export function watch(page: Page): Watched {
  let trouble: string | null = null;
  page.on('pageerror', (error) => {
    trouble ??= `The page threw an error: ${error.message}`;
  });
  page.on('crash', () => {
    trouble ??= 'The page crashed, most likely for want of memory.';
  });
  return { page, trouble: () => trouble, progress: progressLine() };
}

async function statusOf(page: Page): Promise<string> {
  return oneLine((await page.getByTestId('status-line').textContent()) ?? '');
}

/**
 * Waits until the status is as wanted, showing it. Throws RunFailure for an alert, an error in the page, or a silence.
 */
export async function waitForStatus(
  { page, trouble, progress }: Watched,
  wanted: (status: string) => boolean | Promise<boolean>,
): Promise<void> {
  let before = '';
  let changedAt = Date.now();
  try {
    for (;;) {
      const wrong = trouble();
      if (wrong !== null) throw new RunFailure(wrong);
      const [alert] = await page.getByRole('alert').allInnerTexts();
      if (alert !== undefined) throw new RunFailure(oneLine(alert));
      const status = await statusOf(page);
      if (status !== before) changedAt = Date.now();
      before = status;
      progress.show(status);
      if (await wanted(status)) return;
      if (Date.now() - changedAt > LONGEST_SILENCE)
        throw new RunFailure(`Nothing changed for ${LONGEST_SILENCE / 60_000} minutes at: ${status}`);
      await page.waitForTimeout(LOOK_EVERY);
    }
  } finally {
    progress.end();
  }
}

const ready = (status: string) => status.startsWith('Ready');

/** Waits for the samples that every page opens with, then gives it the run's own images. */
export async function loadData(watched: Watched, data: HeadlessOptions['data']): Promise<void> {
  const { page } = watched;
  await waitForStatus(watched, ready);
  if (data.kind === 'made') return;
  const title = page.getByRole('heading', { name: /^Images/ });
  const before = await title.textContent();
  const input = page.getByLabel(data.kind === 'folder' ? 'Choose a folder' : 'Choose files', { exact: true });
  await input.setInputFiles(resolve(data.path));
  // The heading names the images: only once it has changed is the status about the new ones.
  let readyWithTheOld = 0;
  await waitForStatus(watched, async (status) => {
    if (!ready(status)) readyWithTheOld = 0;
    else if ((await title.textContent()) !== before) return true;
    else if (++readyWithTheOld === LOOKS_FOR_IMAGES)
      throw new RunFailure(`The page took none of the images of ${data.path}.`);
    return false;
  });
}

/** Has new runs start from the weights in the file. Throws RunFailure where the page refuses them. */
export async function startFrom(watched: Watched, file: string): Promise<void> {
  const { page } = watched;
  await page.getByRole('button', { name: 'File', exact: true }).click(PATIENT);
  await page.getByRole('menuitem', { name: 'Open weights or a run…', exact: true }).click(PATIENT);
  const dialog = page.getByRole('dialog');
  await dialog.locator('input[type=file]').setInputFiles(resolve(file));
  const use = dialog.getByRole('button', { name: 'Start a new run from it', exact: true });
  // The page says why it does not take a file as an alert, on which this ends.
  await waitForStatus(watched, () => use.isVisible());
  if (await use.isDisabled()) throw new RunFailure(`The settings do not go with the patches of ${file}.`);
  await use.click(PATIENT);
  await page.getByRole('note', { name: 'Weights to start from' }).waitFor(PATIENT);
  await waitForStatus(watched, ready);
}

/** Presses Train and waits for the end of the run. */
export async function trainToTheEnd(watched: Watched): Promise<void> {
  await watched.page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(watched, (status) => status.startsWith('Finished'));
}

/** Asks for a k-NN score of the network as it is after `step` steps, and waits for it. */
export async function measure(watched: Watched, step: number): Promise<void> {
  const { page } = watched;
  await page.getByRole('tab', { name: 'k-NN', exact: true }).click();
  const panel = page.getByRole('tabpanel', { name: 'k-NN', exact: true });
  await panel.getByRole('button', { name: 'Evaluate now', exact: true }).click();
  await waitForStatus(watched, async () => {
    const measured = /at step (\d[\d\s.,'’]*)/.exec((await panel.textContent()) ?? '')?.[1];
    return measured?.replace(/\D/g, '') === String(step);
  });
}

/** Saves what the entry of the File menu gives, and returns its bytes. */
export async function save(page: Page, entry: string): Promise<Buffer> {
  const item = page.getByRole('menuitem', { name: entry, exact: true });
  await page.getByRole('button', { name: 'File', exact: true }).click();
  // Together, so that a click which fails is told instead of a download which then never comes.
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: DOWNLOAD_TIMEOUT }),
    item.click({ timeout: DOWNLOAD_TIMEOUT }),
  ]);
  const bytes = await readFile(await download.path());
  await page.keyboard.press('Escape');
  // A menu that is still closing takes clicks and does nothing.
  await item.waitFor({ state: 'hidden' });
  return bytes;
}

/** The zip with the run and the project that goes on with it. */
export async function saveForCluster(page: Page): Promise<Buffer> {
  await page.getByRole('button', { name: 'File', exact: true }).click(PATIENT);
  await page.getByRole('menuitem', { name: 'Continue on a cluster…', exact: true }).click(PATIENT);
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: DOWNLOAD_TIMEOUT }),
    page.getByRole('dialog').getByRole('button', { name: 'Save zip', exact: true }).click(PATIENT),
  ]);
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  return readFile(await download.path());
}

/** Opens the Attention tab and takes pictures of its panel and of the whole page. */
export async function photograph(page: Page, attention: string, whole: string): Promise<void> {
  await page.getByRole('tab', { name: 'Attention', exact: true }).click();
  const panel = page.getByRole('tabpanel', { name: 'Attention', exact: true });
  await panel.getByRole('img').first().waitFor();
  await page.screenshot({ path: whole });
  await pictureOf(page, panel, attention);
}

/** Above and below an element, the bars of the page. */
const BARS = 200; // px

/** A picture of the whole element: what scrolls would be cut off, so the page is made high enough for it meanwhile. */
export async function pictureOf(page: Page, element: Locator, path: string): Promise<void> {
  const before = page.viewportSize();
  const height = (await element.boundingBox())?.height ?? 0;
  if (before) {
    await page.setViewportSize({ ...before, height: Math.max(before.height, Math.ceil(height) + BARS) });
    // Two frames: one in which the page hears of it, one in which it has drawn.
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  }
  await element.screenshot({ path });
  if (before) await page.setViewportSize(before);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
