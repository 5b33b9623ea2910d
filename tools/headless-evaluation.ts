/** The studies of a headless run, made in the page's Evaluate tab, and what they leave: figures, matrix, features, a map. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import type { StudyKind } from '../src/protocol/studies.ts';
import { studyTitles } from '../src/state/study-titles.ts';
import { mapImages } from './headless-embedding.ts';
import type { Evaluation } from './headless-options.ts';
import { pictureOf, RunFailure, type Watched } from './headless-page.ts';

const LOOK_EVERY = 300; // ms
const DOWNLOAD_TIMEOUT = 60_000; // ms

/**
 * Makes the studies one after the other and writes `evaluation.json`, after a report `confusion.png`, after a fine-tuning
 * `finetune.png`, and `features.safetensors`, `embedding.png` and `embedding.json` where these were asked for. Throws
 * RunFailure when one ends without a result.
 */
export async function evaluate(
  watched: Watched,
  evaluations: readonly Evaluation[],
  out: string,
): Promise<void> {
  const studies = evaluations.filter((each) => each !== 'embedding');
  if (studies.length > 0) await study(watched, studies, out);
  if (evaluations.includes('embedding')) await mapImages(watched, out);
}

async function study(watched: Watched, studies: readonly StudyKind[], out: string): Promise<void> {
  const { page } = watched;
  await page.getByRole('tab', { name: 'Evaluate', exact: true }).click();
  for (const kind of studies) {
    if (kind === 'features') {
      const [file] = await Promise.all([page.waitForEvent('download', { timeout: 0 }), run(watched, kind)]);
      await file.saveAs(join(out, 'features.safetensors'));
    } else await run(watched, kind);
  }
  const matrix = page.getByRole('table', { name: 'Confusion matrix' });
  if ((await matrix.count()) > 0) await pictureOf(page, matrix, join(out, 'confusion.png'));
  if (studies.includes('finetune'))
    await pictureOf(page, cardOf(page, 'finetune'), join(out, 'finetune.png'));
  if (studies.some((kind) => kind !== 'features'))
    await writeFile(join(out, 'evaluation.json'), await json(page));
}

const cardOf = (page: Page, kind: StudyKind): Locator =>
  page.getByRole('region', { name: studyTitles[kind], exact: true });

/** Runs one study and shows how far it is until it has ended. */
async function run({ page, trouble, progress }: Watched, kind: StudyKind): Promise<void> {
  const title = studyTitles[kind];
  const card = cardOf(page, kind);
  await card.getByRole('button', { name: kind === 'features' ? `Save: ${title}` : `Run: ${title}` }).click();
  const cancel = card.getByRole('button', { name: `Cancel: ${title}` });
  try {
    while ((await cancel.count()) > 0) {
      const wrong = trouble();
      if (wrong !== null) throw new RunFailure(wrong);
      const stage = await card.getByTestId('stage').allTextContents();
      progress.show(`${title}: ${stage[0] ?? 'begins'}`);
      await page.waitForTimeout(LOOK_EVERY);
    }
  } finally {
    progress.end();
  }
  const [sentence] = await card.getByRole('status').allTextContents();
  // Where features were written the sentence says so.
  const well = kind === 'features' ? sentence?.startsWith('Saved.') === true : sentence === undefined;
  if (!well) throw new RunFailure(`${title}: ${sentence ?? 'no file came of it'}`);
}

async function json(page: Page): Promise<Buffer> {
  const [file] = await Promise.all([
    page.waitForEvent('download', { timeout: DOWNLOAD_TIMEOUT }),
    page.getByRole('button', { name: 'Save as JSON', exact: true }).click(),
  ]);
  return readFile(await file.path());
}
