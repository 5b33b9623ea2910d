/** Bringing in one's own images as a person does: dropped, picked, zipped; broken files, labels, cancelling. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Page } from '@playwright/test';
import { zipSync } from 'fflate';
import { control, expect, openPage, test as pageTest, statusLine } from './chromium.ts';
import { bmpFile, fixture, makeZoo, pngFile, put, slowPng, ZOO } from './support/pictures.ts';
import { pausedStep } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';
import { encoded, packed, scene } from './support/videos.ts';

/** `place` is a path in a folder of the test's own. */
const test = pageTest.extend<{ place: (...path: string[]) => string }>({
  place: async ({ browserName: _ }, use, info) => use((...path) => info.outputPath(...path)),
});

const counts = (page: Page) => page.locator('.counts');
const images = (page: Page) => page.locator('section[aria-labelledby=images-title]');
const thumbnail = (page: Page, name: string | RegExp) =>
  page.getByRole('listbox', { name: 'Images of the run' }).getByRole('option', { name });

async function openToy(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy(changes));
  await expect(statusLine(page)).toContainText(TOY_READY);
}

/** Drags files or folders of this machine over the page and lets them go. */
async function drop(page: Page, files: string[]): Promise<void> {
  const browser = await page.context().newCDPSession(page);
  const at = { x: 700, y: 500 };
  const data = { items: [], files, dragOperationsMask: 1 };
  await browser.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at, data });
  await browser.send('Input.dispatchDragEvent', { type: 'dragOver', ...at, data });
  await expect(page.getByText('Drop to train on these images')).toBeVisible();
  await browser.send('Input.dispatchDragEvent', { type: 'drop', ...at, data });
  await expect(page.getByText('Drop to train on these images')).toHaveCount(0);
  await browser.detach();
}

async function pick(page: Page, button: 'Choose a folder' | 'Choose files', paths: string | string[]) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByText(button, { exact: true }).click();
  await (await chooser).setFiles(paths);
}

/** Paths of all files below a folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());
}

async function expectZoo(page: Page, name: string): Promise<void> {
  await expect(counts(page)).toHaveText(`${ZOO.train} to train on, ${ZOO.val} to check`);
  await expect(images(page).getByRole('heading', { name: /^Images/ })).toContainText(name);
  await expect(images(page)).toContainText('Train/ and val/ folders.');
  await expect(images(page)).toContainText(`${ZOO.classes.length} classes, used to check and never to train`);
  for (const kind of ZOO.classes)
    await expect(page.getByTitle(`${kind}: 103 to train on, 15 to check`)).toBeVisible();
}

/** The list of skipped files is exactly the broken ones, below `folder`. */
async function expectSkipped(page: Page, folder: string): Promise<void> {
  const broken = Object.entries(ZOO.broken);
  await page.getByRole('button', { name: `${broken.length} files skipped` }).click();
  const list = page.locator('#skipped-list');
  await expect(list.getByRole('listitem')).toHaveCount(broken.length);
  for (const [path, reason] of broken) {
    const item = list.getByRole('listitem').filter({ hasText: `${folder}/${path}` });
    await expect(item.locator('span')).toHaveText(reason);
  }
}

test('takes a dropped folder of hundreds of files, lists what it skips, and trains on the rest', async ({
  page,
  context,
  place,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const folder = place('photos', 'zoo');
  makeZoo(folder);
  await openToy(page);
  await drop(page, [place('photos')]);
  await expectZoo(page, 'photos');
  await expectSkipped(page, 'photos/zoo');
  await expect(page).toHaveURL(/data\.source=own/);

  await page.getByRole('button', { name: 'Copy list' }).click();
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  expect(copied.map((line) => line.split('\t')[0]).sort()).toEqual(
    Object.keys(ZOO.broken)
      .map((path) => `photos/zoo/${path}`)
      .sort(),
  );
  expect(copied.every((line) => (line.split('\t')[1] ?? '') !== '')).toBe(true);

  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText(
    /Finished: 40 steps, k-NN \d+ % \(untrained \d+, pixels \d+\)/,
  );
});

test('takes a picked folder, and reads the samples again afterwards', async ({ page, place }) => {
  const folder = place('zoo');
  makeZoo(folder);
  await openToy(page);
  await pick(page, 'Choose a folder', folder);
  await expectZoo(page, 'zoo');
  await expectSkipped(page, 'zoo');

  await page.getByRole('button', { name: 'Built-in samples' }).click();
  await expect(counts(page)).toHaveText('40 to train on, 16 to check');
  await expect(page.getByRole('button', { name: /skipped/ })).toHaveCount(0);
});

test('takes a zip as the folder it was made of', async ({ page, place }) => {
  const folder = place('zoo');
  makeZoo(folder);
  const members = filesBelow(folder).map((path): [string, Uint8Array] => [
    relative(folder, path).replaceAll('\\', '/'),
    readFileSync(path),
  ]);
  const zip = place('zoo.zip');
  put(place(), 'zoo.zip', zipSync(Object.fromEntries(members)));
  expect(existsSync(zip)).toBe(true);
  await openToy(page);
  await pick(page, 'Choose files', zip);
  await expectZoo(page, 'zoo.zip');
  await expectSkipped(page, 'zoo');
});

test('takes videos as folders of every n-th frame, and says how many it took', async ({ page, place }) => {
  await openToy(page, { 'data.videoEvery': 4, 'data.validation': 0 });
  const film = await packed(await encoded(page, 'vp8', scene(64, 48, 24, 12)), { format: 'webm' });
  for (const name of ['left', 'right']) put(place('films'), `${name}.webm`, film);
  put(place('films'), 'odd.mp4', 'Not a video, whatever its name says.');
  await pick(page, 'Choose a folder', place('films'));
  await expect(counts(page)).toHaveText('12 to train on, 0 to check');
  await expect(images(page)).toContainText('12 of them are frames of 2 videos, every 4th');
  await expect(page.getByTitle('left: 6 to train on, 0 to check')).toBeVisible();
  await expect(thumbnail(page, /right\/05/)).toBeVisible();
  await images(page)
    .getByText(/skipped/i)
    .first()
    .click();
  await expect(images(page)).toContainText('not a video that is read here');
});

test('turns pictures upright as their EXIF says', async ({ page, place }) => {
  for (let i = 0; i < 4; i++) put(place('tray'), `${i}.bmp`, bmpFile(24, 16, i, [200, 200, 90]));
  put(place('tray'), 'lying.jpg', readFileSync(fixture('exif-6.jpg')));
  await openToy(page, { 'data.validation': 0 });
  await pick(page, 'Choose a folder', place('tray'));
  await expect(counts(page)).toHaveText('5 to train on, 0 to check');
  const picture = thumbnail(page, /lying\.jpg/).locator('canvas');
  await expect(picture).toBeVisible();
  const corners = await picture.evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const context = canvas.getContext('2d');
    const color = (x: number, y: number) => [...(context?.getImageData(x, y, 1, 1).data.slice(0, 3) ?? [])];
    return {
      lies: width > height,
      corners: [
        [2, 2],
        [width - 3, 2],
        [2, height - 3],
        [width - 3, height - 3],
      ].map(([x = 0, y = 0]) => color(x, y).map((value) => (value > 128 ? 1 : 0))),
    };
  });
  // Red, green, blue and yellow quarters, in the order of reading.
  expect(corners).toEqual({
    lies: true,
    corners: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 1, 0],
    ],
  });
});

test('trains without labels, and says what they are needed for', async ({ page, place }) => {
  for (let i = 0; i < 12; i++) put(place('heap'), `${i}.png`, pngFile(20, 20, i, [200, 120, 200]));
  await openToy(page);
  await pick(page, 'Choose a folder', place('heap'));
  await expect(counts(page)).toHaveText('10 to train on, 2 to check');
  await expect(images(page)).toContainText('No labels.');
  await expect(images(page)).toContainText('Without labels there is no k-NN score');
  await control(page, 'Train').click();
  await expect(statusLine(page)).toHaveText('Finished: 40 steps');
  await page.getByRole('tab', { name: 'k-NN' }).click();
  await expect(page.getByText('These images have no labels, so there is no score')).toBeVisible();
  await page.getByRole('button', { name: 'Find its neighbours' }).click();
  await expect(page.getByRole('list', { name: /^Neighbours of/ }).getByRole('listitem')).not.toHaveCount(0);
});

test('takes labels from a part of the file names', async ({ page, place }) => {
  for (let i = 0; i < 24; i++) {
    const name = `${i}_${['ada', 'bo', 'cy'][i % 3]}_${20 + i}_${i % 2 ? 'male' : 'female'}.png`;
    put(place('faces'), name, pngFile(20, 20, i, [220, 180, 150]));
  }
  await openToy(page);
  await pick(page, 'Choose a folder', place('faces'));
  await expect(images(page)).toContainText('No labels.');
  await page.getByLabel('Labels from').selectOption({ label: 'File names' });
  await expect(images(page)).toContainText('The images were read under other settings.');
  await page.getByRole('button', { name: 'Read again' }).click();
  await expect(images(page)).toContainText('3 classes');
  await expect(page.getByTitle(/^ada: /)).toBeVisible();

  const part = page.getByRole('spinbutton', { name: 'Part that is the label' });
  await part.fill('3');
  await part.press('Enter');
  await page.getByRole('button', { name: 'Read again' }).click();
  await expect(images(page)).toContainText('2 classes');
  await expect(page.getByTitle(/^female: /)).toBeVisible();
  await expect(thumbnail(page, /0_ada_20_female\.png, female/)).toBeVisible();
});

test('keeps the images in use when reading others is cancelled', async ({ page, place }) => {
  const slow = slowPng(5000);
  for (let i = 0; i < 80; i++) put(place('slow'), `${i}.png`, slow);
  await openToy(page);
  await control(page, 'Step').click();
  expect(await pausedStep(page)).toBe(1);
  await pick(page, 'Choose a folder', place('slow'));
  await expect(images(page)).toContainText(/Reading images: \d+ of 80/);
  await images(page).getByRole('button', { name: 'Cancel' }).click();
  await expect(counts(page)).toHaveText('40 to train on, 16 to check');
  await expect(page.getByRole('button', { name: 'Built-in samples' })).toHaveAttribute(
    'aria-pressed',
    'true',
  );
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page).not.toHaveURL(/source=own/);
  // The run is where it was, and goes on.
  await expect(statusLine(page)).toContainText('Paused at step 1 of 40');
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 2 of 40');
});

test('says what is wrong with a folder that holds no image, and keeps the images in use', async ({
  page,
  place,
}) => {
  put(place('papers'), 'letter.txt', 'Dear reader');
  put(place('papers'), 'photo.jpg', 'Dear reader');
  await openToy(page);
  await drop(page, [place('papers')]);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('None of 2 files could be used as an image');
  await expect(alert).toContainText('Drop a folder, images or a zip with images in it.');
  await expect(counts(page)).toHaveText('40 to train on, 16 to check');
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of 40');
});
