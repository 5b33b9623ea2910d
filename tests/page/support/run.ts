/** Reads a run off the page: where it stands, and what its metrics file says. */
import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { z } from 'zod';
import { readSafetensors } from '../../../src/core/safetensors.ts';
import { knnResultSchema, stepMetricsSchema } from '../../../src/protocol/values.ts';
import { expect, statusLine } from '../chromium.ts';

/** Waits for a pause and returns the step it came at. */
export async function pausedStep(page: Page): Promise<number> {
  await expect(statusLine(page)).toContainText(/Paused at step [\d,]+ of/);
  return stepOf((await statusLine(page).textContent()) ?? '');
}

/** The step that the bar shows. */
export async function stepShown(page: Page): Promise<number> {
  const figure = page.locator('dl.figures > div').filter({ has: page.getByText('Step', { exact: true }) });
  return Number(((await figure.locator('dd').textContent()) ?? '').replace(/ \/.*$/, '').replaceAll(',', ''));
}

function stepOf(status: string): number {
  return Number(/step ([\d,]+) of/.exec(status)?.[1]?.replaceAll(',', ''));
}

async function save(page: Page, what: 'metrics' | 'checkpoint'): Promise<Download> {
  await page.getByRole('button', { name: 'File', exact: true }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: `Save ${what}`, exact: true }).click();
  const file = await coming;
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  return file;
}

const summarySchema = z.object({
  type: z.literal('summary'),
  backend: z.string(),
  adapter: z.string(),
  software: z.boolean(),
  fingerprint: z.string(),
  images: z.int(),
  seed: z.int(),
  config: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const lineSchema = z.discriminatedUnion('type', [
  summarySchema,
  stepMetricsSchema.extend({ type: z.literal('step') }),
  knnResultSchema.extend({ type: z.literal('knn') }),
]);

/** Saves the metrics as a person would and reads the file. */
export async function savedMetrics(page: Page) {
  const text = await readFile(await (await save(page, 'metrics')).path(), 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
  return {
    summary: summarySchema.parse(lines[0]),
    steps: lines.filter((line) => line.type === 'step'),
    knn: lines.filter((line) => line.type === 'knn'),
  };
}

/** Saves a checkpoint: the proposed name and the bytes. */
export async function savedCheckpoint(page: Page): Promise<{ name: string; bytes: Uint8Array }> {
  const file = await save(page, 'checkpoint');
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** The whole state of the run, as the File menu gives it. */
export async function savedRun(page: Page) {
  await page.getByRole('button', { name: 'File', exact: true }).click();
  const coming = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Save run' }).click();
  return readSafetensors(await readFile(await (await coming).path()));
}
