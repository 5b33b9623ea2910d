/** The map of a headless run's images, made in the page's Embedding tab: a picture, and the positions. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { RunFailure, type Watched } from './headless-page.ts';

const LOOK_EVERY = 300; // ms
const DOWNLOAD_TIMEOUT = 60_000; // ms

/** Writes `embedding.png` and `embedding.json`. Throws RunFailure when no map comes of it. */
export async function mapImages({ page, trouble, progress }: Watched, out: string): Promise<void> {
  await page.getByRole('tab', { name: 'Embedding', exact: true }).click();
  const panel = page.getByRole('region', { name: 'Embedding map', exact: true });
  await panel.getByRole('button', { name: 'Compute map', exact: true }).click();
  const cancel = panel.getByRole('button', { name: 'Cancel map', exact: true });
  try {
    while ((await cancel.count()) > 0) {
      const wrong = trouble();
      if (wrong !== null) throw new RunFailure(wrong);
      const stage = await panel.getByTestId('map-stage').allTextContents();
      progress.show(`Embedding map: ${stage[0] ?? 'begins'}`);
      await page.waitForTimeout(LOOK_EVERY);
    }
  } finally {
    progress.end();
  }
  const [sentence] = await panel.getByRole('status').allTextContents();
  if (sentence !== undefined) throw new RunFailure(`Embedding map: ${sentence}`);
  await save(page, 'Picture (PNG)', join(out, 'embedding.png'));
  await save(page, 'Positions (JSON)', join(out, 'embedding.json'));
}

async function save(page: Page, entry: string, path: string): Promise<void> {
  await page.getByRole('button', { name: 'Save map', exact: true }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: DOWNLOAD_TIMEOUT }),
    page.getByRole('menuitem', { name: entry, exact: true }).click(),
  ]);
  await file.saveAs(path);
}
