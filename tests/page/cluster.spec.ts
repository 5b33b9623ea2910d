/** A run taken to a cluster by the page's own controls: the menu, the dialog by keyboard, and what is in the zip. */
import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { readTree } from '../../src/checkpoint/state.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

test('gives the run away with a project that goes on with it', async ({ page }) => {
  await openPage(page, toy({ 'head.batchNorm': 'before-gelu' }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await control(page, 'Step').click();
  const step = await pausedStep(page);

  await page.getByRole('button', { name: 'File', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Continue on a cluster…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Continue on a cluster' });
  await expect(dialog).toContainText(`at step ${step}`);
  await expect(dialog).toContainText('torchrun --nproc_per_node 4 train.py --data /path/to/images');
  await expect(dialog).toContainText('without GPUs, one process');
  await expect(dialog).toContainText('drawn by this page');
  await expect(dialog.getByRole('button', { name: 'Save zip' })).toBeFocused();
  const coming = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const download = await coming;
  await expect(dialog).toHaveCount(0);

  expect(download.suggestedFilename()).toMatch(/^[\w-]+-step1-cluster\.zip$/);
  const folder = download.suggestedFilename().replace('.zip', '');
  const files = unzipSync(await readFile(await download.path()));
  const bytes = (name: string) => files[`${folder}/${name}`] ?? new Uint8Array();
  const text = (name: string) => new TextDecoder().decode(bytes(name));
  const tree = readTree(bytes('state.safetensors'));
  expect(tree.step).toBe(step);
  expect(JSON.parse(text('config.json'))).toEqual(JSON.parse(tree.config));
  expect(JSON.parse(text('images.json')).length).toBeGreaterThan(0);
  for (const name of ['README.md', 'train.py', 'model.py'])
    expect(text(name)).toBe(await readFile(`cluster/${name}`, 'utf8'));
});
