/** A video as a person looks at it: dropped, played with its maps, another head, saved, and everything that goes wrong. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { control, expect, openPage, test as pageTest, statusLine } from './chromium.ts';
import { put } from './support/pictures.ts';
import { TOY_READY, toy } from './support/toy.ts';
import { decoded, encoded, packed, scene, soundOnly, spoiled } from './support/videos.ts';

/** `made` writes a file of the test's own; its path. */
const test = pageTest.extend<{ made: (name: string, content: Uint8Array) => string }>({
  made: async ({ browserName: _ }, use, info) =>
    use((name, content) => {
      put(info.outputPath(), name, content);
      return info.outputPath(name);
    }),
});

const zone = (page: Page) => page.getByRole('region', { name: /^Drop a photo or a video here/ });
const map = (page: Page) => zone(page).getByRole('img', { name: /block \d of \d/ });
const place = (page: Page) => zone(page).getByRole('slider', { name: 'Frame' });
const painted = (page: Page) =>
  map(page).evaluate((canvas) => (canvas instanceof HTMLCanvasElement ? canvas.toDataURL() : ''));

async function openVideos(page: Page, changes: Record<string, string | number> = {}): Promise<void> {
  await openPage(page, toy({ 'backbone.depth': 2, ...changes }));
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('tab', { name: 'Attention' }).click();
  await page.getByText('A video', { exact: true }).click();
}

async function choose(page: Page, file: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open a video' }).click();
  await (await chooser).setFiles(file);
}

async function drop(page: Page, file: string): Promise<void> {
  const box = await zone(page).boundingBox();
  if (!box) throw new Error('The zone is not on the page');
  const browser = await page.context().newCDPSession(page);
  const at = { x: box.x + 60, y: box.y + 60 };
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await browser.send('Input.dispatchDragEvent', { type, ...at, data });
  await browser.detach();
}

/** Main profile, level 3.1, without parameter sets (ISO 14496-15, HEVCDecoderConfigurationRecord). */
const HEVC_RECORD = Uint8Array.from([
  1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, 0x0f, 0,
]);

const finished = (page: Page) => expect(page.getByRole('button', { name: 'Look again' })).toBeVisible();

test('a dropped video plays with its maps, and is saved as a WebM that decodes', async ({ page, made }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).origin));
  await openVideos(page);
  const frames = await encoded(page, 'vp9', scene(128, 72, 24, 8));
  await drop(page, made('square.webm', await packed(frames, { format: 'webm' })));
  await expect(zone(page)).toContainText('128 × 72 px, VP9, 8 frames a second, 0:03.0');
  await finished(page);
  await expect(zone(page)).toContainText('30 × 16 patches of 4 px; 12 frames, 4 a second: the whole video.');
  await expect(zone(page)).toContainText('through step 0');
  await expect(statusLine(page)).toContainText(TOY_READY);

  await expect(map(page)).toHaveAccessibleName(/^Mean of the heads of Teacher, block 2 of 2: peak/);
  await place(page).press('Home');
  await expect(place(page)).toHaveAttribute('aria-valuetext', 'frame 1 of 12, at 0:00.0');
  const first = await painted(page);
  await place(page).press('ArrowRight');
  await expect(place(page)).toHaveAttribute('aria-valuetext', 'frame 2 of 12, at 0:00.3');
  expect(await painted(page)).not.toBe(first);

  // No frame is computed anew for another head.
  await page.getByRole('button', { name: 'Head 3', exact: true }).click();
  await expect(map(page)).toHaveAccessibleName(/^Head 3 of Teacher, block 2 of 2/);
  await expect(page.getByRole('button', { name: 'Look again' })).toBeVisible();

  await page.getByRole('button', { name: 'Play the video' }).click();
  await expect(place(page)).toHaveAttribute('aria-valuetext', /^frame ([5-9]|1\d) of 12/);
  await page.getByRole('button', { name: 'Pause the video' }).click();

  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as WebM' }).click();
  const file = await coming;
  // All of it happened here.
  expect(new Set(asked)).toEqual(new Set([new URL(page.url()).origin]));
  expect(file.suggestedFilename()).toBe('square-attention-teacher-block2-head-3-step0.webm');
  const saved = await decoded(page, await readFile(await file.path()));
  expect(saved).toMatchObject({ codec: 'vp9', width: 2 * 960 + 8, height: 512 });
  expect(saved.seconds).toBeCloseTo(3, 2);
  expect(saved.frames).toHaveLength(12);
  for (const [i, { seconds }] of saved.frames.entries()) expect(seconds).toBeCloseTo(i / 4, 2);
  // The light square of the frame on the left goes to the right, as in the source.
  const middles = saved.frames.map(({ light }) => {
    const bright = light.flatMap((value, i) => (i % 32 < 15 && value > 160 ? [i % 32] : []));
    return bright.reduce((sum, x) => sum + x, 0) / bright.length;
  });
  for (let i = 1; i < middles.length; i++) expect(middles[i]).toBeGreaterThan(middles[i - 1] ?? Number.NaN);
  // The map on the right is another one each time.
  for (let i = 1; i < saved.frames.length; i++) {
    const [before, after] = [saved.frames[i - 1]?.light ?? [], saved.frames[i]?.light ?? []];
    const changes = after.map((value, at) => (at % 32 > 16 ? Math.abs(value - (before[at] ?? 0)) : 0));
    expect(Math.max(...changes)).toBeGreaterThan(4);
  }
});

test('through the network of one moment, beside training, cancelled and looked at again', async ({
  page,
  made,
}) => {
  await openVideos(page, { 'training.steps': 5000 });
  const frames = await encoded(page, 'vp8', scene(64, 48, 24, 8));
  const file = made('short.webm', await packed(frames, { format: 'webm' }));
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText(/Training: step [1-9]/);
  await choose(page, file);
  await expect(zone(page)).toContainText(/through step [1-9]/);
  await finished(page);
  await expect(place(page)).toHaveAttribute('aria-valuetext', 'frame 12 of 12, at 0:02.8');

  await control(page, 'Pause').click();
  await page.getByText('PCA colors', { exact: true }).click();
  await page.getByText('8 frames a second', { exact: true }).click();
  await page.getByRole('button', { name: 'Look with these choices' }).click();
  await expect(zone(page)).toContainText(/through step \d+/);
  await finished(page);
  await expect(zone(page)).toContainText('24 frames, 8 a second: the whole video.');
  await expect(
    page.getByRole('img', { name: /^First three principal components of the patch tokens/ }),
  ).toBeVisible();

  await page.getByText('Rollout', { exact: true }).click();
  await page.getByText('60 patches', { exact: true }).click();
  // In the very moment that it can be, however quick the machine is.
  await page.evaluate(() => {
    new MutationObserver((_, observer) => {
      const buttons = [...document.querySelectorAll('button')];
      const cancel = buttons.find(({ textContent }) => textContent === 'Cancel');
      if (!cancel) return;
      observer.disconnect();
      cancel.click();
    }).observe(document.body, { childList: true, subtree: true });
  });
  await page.getByRole('button', { name: 'Look with these choices' }).click();
  await finished(page);
  await expect(zone(page)).not.toContainText('24 / 24');
});

test('videos of every kind: turned, of odd size, of uneven rate, of one frame', async ({ page, made }) => {
  await openVideos(page);
  const wide = await encoded(page, 'avc', scene(96, 64, 4, 4));
  await choose(page, made('turned.mp4', await packed(wide, { format: 'mp4', rotation: 90 })));
  await expect(zone(page)).toContainText('64 × 96 px, H.264, 4 frames a second, 0:01.0');
  await finished(page);
  await expect(zone(page)).toContainText('16 × 24 patches of 4 px; 4 frames');
  await expect(zone(page).getByRole('img', { name: 'The frame as the network sees it' })).toBeVisible();
  // Clockwise by a quarter: the square's way from left to right has become one from top to bottom, at the right.
  await place(page).press('Home');
  await expect.poll(() => brightest(page)).toMatchObject({ right: true, low: false });
  await place(page).press('End');
  await expect.poll(() => brightest(page)).toMatchObject({ right: true, low: true });

  const odd = await encoded(page, 'vp8', scene(75, 41, 4, 4));
  await choose(page, made('odd.webm', await packed(odd, { format: 'webm' })));
  await expect(zone(page)).toContainText('75 × 41 px');
  await finished(page);
  await expect(zone(page)).toContainText('18 × 10 patches of 4 px; 4 frames');

  // Two seconds, in which the picture stands still from a quarter of a second on.
  const uneven = { width: 64, height: 48, times: [0, 0.1, 0.25, 1.75], seconds: 2 };
  await choose(
    page,
    made('uneven.webm', await packed(await encoded(page, 'vp8', uneven), { format: 'webm' })),
  );
  await page.getByText('8 frames a second', { exact: true }).click();
  await expect(zone(page)).toContainText('uneven.webm');
  await page.getByRole('button', { name: /^Look (again|with)/ }).click();
  await finished(page);
  await expect(zone(page)).toContainText('16 moments, 8 a second, with 4 different frames: the whole video.');
  await expect(place(page)).toHaveAttribute('aria-valuetext', 'frame 4 of 4, at 0:01.8');

  const one = await encoded(page, 'vp8', scene(64, 48, 1, 8));
  await choose(page, made('one.webm', await packed(one, { format: 'webm' })));
  await finished(page);
  await expect(zone(page)).toContainText('one frame: the whole video.');
  await expect(page.getByRole('button', { name: 'Play the video' })).toBeDisabled();
});

/** In which half of the frame its light square is. */
async function brightest(page: Page): Promise<{ right: boolean; low: boolean } | null> {
  return zone(page)
    .getByRole('img', { name: 'The frame as the network sees it' })
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) return null;
      const { width, height } = canvas;
      const data = canvas.getContext('2d')?.getImageData(0, 0, width, height).data;
      if (!data) return null;
      let [x, y, count] = [0, 0, 0];
      for (let i = 0; i < width * height; i++)
        if ((data[4 * i] ?? 0) > 180) {
          x += i % width;
          y += Math.floor(i / width);
          count++;
        }
      return { right: x / count > width / 2, low: y / count > height / 2 };
    });
}

test('says in a sentence what cannot be looked at, and what cannot be saved', async ({ page, made }) => {
  await openVideos(page);
  const alert = zone(page).getByRole('alert');
  const frames = await encoded(page, 'vp8', scene(64, 48, 24, 8));
  await choose(page, made('words.mp4', Buffer.from('no video at all')));
  await expect(alert).toHaveText(
    '“words.mp4” cannot be looked at: not a video that is read here (MP4, MOV, WebM and MKV are).',
  );
  await choose(page, made('voice.webm', await soundOnly()));
  await expect(alert).toHaveText('“voice.webm” cannot be looked at: there is no picture in it.');
  const claimed = { codec: 'hevc', name: 'hev1.1.6.L93.B0', description: HEVC_RECORD } as const;
  await choose(page, made('phone.mp4', await packed(frames, { format: 'mp4', claimed })));
  await expect(alert).toHaveText(
    '“phone.mp4” cannot be looked at: this browser does not decode H.265 (HEVC). Save the video as H.264, VP9 or AV1.',
  );

  await choose(page, made('torn.webm', await packed(spoiled(frames, 16), { format: 'webm' })));
  await expect(alert).toHaveText(/^“torn.webm” breaks off here \(.+\)\. The frames before stay/);
  await expect(place(page)).toHaveAttribute('aria-valuetext', /^frame [1-8] of [1-8], /);

  await page.evaluate(() => Reflect.deleteProperty(globalThis, 'VideoEncoder'));
  await page.getByRole('button', { name: 'Save as WebM' }).click();
  await expect(alert.filter({ hasText: 'cannot write video' })).toHaveText(
    'This browser cannot write video: it encodes none of VP9, VP8 and AV1 through WebCodecs. A newer Chrome, Edge or Firefox can.',
  );
});
