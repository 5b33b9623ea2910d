/** What goes out and comes in by the File menu: weights, runs and settings, each looked at before it is used. */
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import type { Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'File', exact: true }).click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
  await expect(page.getByRole('menu')).toHaveCount(0);
}

/** What the page gives while `act` is done. */
async function download(page: Page, act: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), act()]);
  return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
}

/** Drops a file on the middle of the page, as out of a file manager. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ title, content }) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], title));
      return data;
    },
    { title: name, content: bytes.toString('base64') },
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

const count = (page: Page, label: string) =>
  page.getByRole('table', { name: 'Keys' }).getByRole('row', { name: label }).getByRole('cell').first();

test('gives weights away and takes them in again, and goes on with a run, by keyboard and by file', async ({
  page,
}) => {
  await openPage(page, toy({ 'training.steps': 100_000 }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  for (let i = 0; i < 2; i++) {
    await control(page, 'Step').click();
    await expect(statusLine(page)).toContainText(`Paused at step ${i + 1} of`);
  }

  // By keyboard alone: menu, dialog, names, save.
  await page.getByRole('button', { name: 'File', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toBeVisible();
  await page.getByRole('menuitem', { name: 'Save weights…', exact: true }).press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Save weights' });
  await dialog.getByRole('radio', { name: 'Hugging Face' }).focus();
  await page.keyboard.press('Space');
  await expect(dialog).toContainText('ViTModel.from_pretrained');
  const hub = await download(page, () =>
    dialog.getByRole('button', { name: 'Save', exact: true }).press('Enter'),
  );
  expect(hub.name).toMatch(/^[a-z]+-[a-z]+-teacher-step2-hugging-face\.zip$/);
  expect(hub.bytes.subarray(0, 2).toString()).toBe('PK');

  await choose(page, 'Save weights…');
  const weights = await download(page, () =>
    dialog.getByRole('button', { name: 'Save', exact: true }).click(),
  );
  const run = await download(page, () => choose(page, 'Save run'));
  expect(run.name).toMatch(/^[a-z]+-[a-z]+-step2\.safetensors$/);

  // The weights, by the button.
  await choose(page, 'Open weights or a run…');
  const opening = page.getByRole('dialog');
  await expect(opening).toContainText('torch.load');
  await opening
    .locator('input[type=file]')
    .setInputFiles({ name: weights.name, mimeType: 'application/octet-stream', buffer: weights.bytes });
  await expect(count(page, 'Matched')).toHaveText('18');
  await expect(count(page, 'Missing')).toHaveText('0');
  await expect(opening).toContainText('1 block, 12 wide, with 3 heads and patches of 4 px');
  await opening.getByRole('button', { name: 'Look at it' }).click();
  await expect(page.getByRole('note', { name: 'Weights to start from' })).toContainText(weights.name);
  await expect(page.getByRole('tabpanel', { name: 'Attention' }).getByRole('img').first()).toBeVisible();
  await control(page, 'Step').click();
  expect(await pausedStep(page)).toBe(1);
  await page.getByRole('button', { name: 'Let the weights go' }).click();
  await expect(page.getByRole('note', { name: 'Weights to start from' })).toHaveCount(0);

  // The run, dropped on the page.
  await drop(page, run.name, run.bytes);
  await expect(opening).toContainText('A run that was saved here, at 2 steps');
  await opening.getByRole('button', { name: 'Go on with this run' }).click();
  expect(await pausedStep(page)).toBe(2);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 3 of');

  // The folder for Hugging Face, as it was given away.
  await drop(page, hub.name, hub.bytes);
  await expect(count(page, 'Matched')).toHaveText('18');
  await page.keyboard.press('Escape');
  await expect(opening).toHaveCount(0);

  // A file that is none of these.
  await drop(page, 'odd.safetensors', Buffer.from('not a file of weights'));
  await expect(opening.getByRole('alert')).toContainText('odd.safetensors: Not a readable safetensors file');
  await page.keyboard.press('Escape');
  await expect(opening).toHaveCount(0);

  // A checkpoint as it is published: not opened, and how to convert it.
  await drop(page, 'vits16.pth', Buffer.from(zipSync({ 'archive/data.pkl': Uint8Array.of(0x80, 2) })));
  await expect(opening.getByRole('alert')).toContainText('A .pth of PyTorch has to be converted first.');
  await expect(opening).toContainText('torch.load');
  await page.keyboard.press('Escape');
  await expect(opening).toHaveCount(0);

  // Settings go out under the recipe's names and come in again; what has no counterpart is told.
  const yaml = await download(page, () => choose(page, 'Save settings as YAML'));
  expect(yaml.name).toBe('settings.yaml');
  const text = yaml.bytes.toString().replace('k_dim: 33', 'k_dim: 44\nexperiment_num: 1\nbackbone: swin');
  await drop(page, 'recipe.yaml', Buffer.from(text));
  await expect(opening).toContainText('experiment_num has no counterpart');
  await expect(opening).toContainText('backbone cannot be swin');
  await opening.getByRole('button', { name: 'Take these settings' }).click();
  await expect(page.getByText('One change waits')).toBeVisible();

  const events = await download(page, () => choose(page, 'Save metrics for TensorBoard'));
  expect(events.name).toMatch(/^events\.out\.tfevents\.\d{10}\./);
  const table = await download(page, () => choose(page, 'Save metrics as a table'));
  expect(table.bytes.toString()).toMatch(/^step,epoch,loss.*\n3,/);

  // The report is a page of its own, whose pictures are all in it.
  const report = await download(page, () => choose(page, 'Save report'));
  expect(report.name).toMatch(/^DINO-run-[a-z]+-[a-z]+\.html$/);
  const place = test.info().outputPath(report.name);
  await writeFile(place, report.bytes);
  const other = await page.context().newPage();
  const asked: string[] = [];
  other.on('request', (request) => asked.push(request.url()));
  await other.goto(pathToFileURL(place).href);
  await expect(other.getByRole('heading', { name: 'Where the heads look' })).toBeVisible();
  await expect(other.getByRole('img', { name: 'Training loss by step' })).toBeVisible();
  const pictures = await other
    .locator('.picture img')
    .evaluateAll((all) => all.map((each) => (each instanceof HTMLImageElement ? each.naturalWidth : 0)));
  expect(pictures.length).toBeGreaterThan(8);
  expect(Math.min(...pictures)).toBeGreaterThan(0);
  expect(asked.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
});
