/** The panels over invented figures: what they draw, what they answer to, and how often they redraw. */
import { expect, type Page, test } from '@playwright/test';
import react from '@vitejs/plugin-react';
import { createServer, type ViteDevServer } from 'vite';

let server: ViteDevServer;
let address = '';

test.beforeAll(async () => {
  server = await createServer({
    configFile: false,
    root: process.cwd(),
    plugins: [react()],
    cacheDir: 'node_modules/.vite-panels',
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    optimizeDeps: { entries: ['tests/page/panels/index.html'] },
  });
  await server.listen();
  address = `${server.resolvedUrls?.local[0]}tests/page/panels/index.html`;
});

test.afterAll(async () => {
  await server.close();
});

async function open(page: Page, query: string): Promise<void> {
  await page.goto(`${address}?${query}`);
  await page.getByRole('heading', { level: 2 }).first().waitFor();
}

/** Commands that the panels have sent. */
function sent(page: Page): Promise<Record<string, unknown>[]> {
  return page.evaluate('window.panels.sent');
}

for (const scheme of ['light', 'dark'])
  for (const query of ['panel=crops', 'panel=attention', 'panel=knn', 'panel=attention,knn&early&steps=0'])
    test(`${query} draws in ${scheme} without a complaint`, async ({ page }) => {
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await open(page, `${query}&scheme=${scheme}`);
      await expect(page.getByRole('button', { name: /what am I looking at/i }).first()).toBeVisible();
      expect(complaints).toEqual([]);
    });

test('the loss is drawn beside ln K, and a collapse is named', async ({ page }) => {
  await open(page, 'panel=knn&side=loss&steps=20000&collapsed');
  await expect(page.getByText('ln K = 5.55 · uniform collapse')).toBeVisible();
  await expect(page.getByText(/teacher that answers flatly: uniform collapse/)).toBeVisible();
  const chart = page.getByRole('figure', { name: /^Training loss over steps/ });
  await expect(chart.locator('figcaption')).toContainText(/Smoothed: [\d.]+ at step 20,000\./);
  // Green ink of the two lines.
  const inked = await chart.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d')?.getImageData(0, 0, width, height) ?? { data: [] };
    const rows = new Set<number>();
    for (let i = 0; i < width * height; i++) {
      const [r = 0, g = 0, b = 0, a = 0] = data.slice(4 * i, 4 * i + 4);
      if (a > 200 && g > r + 40 && g > b + 10) rows.add(Math.floor(i / width) / height);
    }
    return [...rows];
  });
  expect(inked.length).toBeGreaterThan(0);
});

test('the loss is redrawn at most five times a second', async ({ page }) => {
  await open(page, 'panel=crops&side=loss&steps=50');
  const { redrawn, seconds, last } = await page.evaluate(async () => {
    const shape = () =>
      document.querySelector('figure[aria-label^="Training loss"] figcaption')?.textContent ?? '';
    let redrawn = 0;
    let before = shape();
    const look = () => {
      const now = shape();
      if (now !== before) redrawn += 1;
      before = now;
      requestAnimationFrame(look);
    };
    look();
    const start = performance.now();
    const { metrics } = Reflect.get(window, 'panels');
    for (let step = 50; step < 150; step++) {
      metrics(step, step + 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 600));
    return {
      redrawn,
      seconds: (performance.now() - start) / 1000,
      last: document.body.textContent?.includes('step 150'),
    };
  });
  expect(redrawn).toBeGreaterThan(0);
  expect(redrawn).toBeLessThanOrEqual(seconds * 5 + 2);
  expect(last).toBe(true);
});

test('schedules show what was and what is to come', async ({ page }) => {
  await open(page, 'panel=crops&side=schedules&steps=300');
  await expect(page.getByText('step 300 of 600')).toBeVisible();
  const small = page.getByRole('figure', { name: /Learning rate over the steps/ });
  await expect(small.locator('figcaption')).toContainText(
    /To come: [\de.-]+ at step 600\. Past: [\de.-]+ at step 300\./,
  );
});

test('a view shows the very pixels, and view and box light each other', async ({ page }) => {
  await open(page, 'panel=crops&width=96');
  const same = await page.evaluate(() => {
    const { views } = Reflect.get(window, 'panels').view().crops;
    const canvases = [...document.querySelectorAll<HTMLCanvasElement>('button[data-lit] canvas')];
    return canvases.map((canvas, i) => {
      const { width, height, rgba } = views[i].pixels;
      const drawn = canvas.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
      return (
        canvas.width === width &&
        canvas.height === height &&
        rgba.every((v: number, j: number) => v === drawn[j])
      );
    });
  });
  expect(same).toEqual([true, true, true, true, true, true]);

  await page.getByRole('button', { name: /^local view 3/ }).focus();
  await expect(page.getByText('What was drawn for L3, in order')).toBeVisible();
  const lone = page.getByRole('img', { name: /with the boxes of 2 global and 4 local crops/ });
  const box = await page.evaluate(() => Reflect.get(window, 'panels').view().crops.views[3].box);
  const drawn = await lone.boundingBox();
  if (drawn === null) throw new Error('the original is not on the page');
  const scale = drawn.width / 96;
  await lone.hover({
    position: { x: (box.left + box.width - 1) * scale, y: (box.top + box.height - 1) * scale },
  });
  await expect(page.locator('button[data-lit="true"]')).toHaveCount(1);
});

test('image and epoch are chosen by keyboard, one at a time', async ({ page }) => {
  await open(page, 'panel=crops');
  await page.getByRole('slider', { name: 'Image' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('slider', { name: 'Epoch' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect
    .poll(async () => (await sent(page)).filter(({ type }) => type === 'get-crops').at(-1))
    .toEqual({ type: 'get-crops', id: 1, epoch: 1 });
});

test('maps keep the patch grid, and the mask what the official code keeps', async ({ page }) => {
  await open(page, 'panel=attention');
  await expect(page.getByText('2.9×, best')).toBeVisible();
  await expect(page.getByText('step 288')).toBeVisible();
  const opacity = page.getByRole('slider', { name: 'Opacity' });
  await opacity.focus();
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  const tile = page.getByRole('img', { name: /^Teacher head 2 on image 0/ });
  const colors = (canvas: HTMLCanvasElement) => {
    const patch = canvas.width / 8;
    const image = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height);
    if (!image) throw new Error('the canvas cannot be read');
    const at = (x: number, y: number) =>
      image.data.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3);
    let uneven = 0;
    for (let row = 0; row < 8; row++)
      for (let column = 0; column < 8; column++) {
        const first = at(column * patch + 1, row * patch + 1).join();
        const last = at((column + 1) * patch - 2, (row + 1) * patch - 2).join();
        if (first !== last) uneven += 1;
      }
    return uneven;
  };
  expect(await tile.evaluate(colors)).toBe(0);
  await page.getByRole('switch', { name: 'Smooth' }).click();
  expect(await tile.evaluate(colors)).toBeGreaterThan(10);

  await page.getByText('Mask', { exact: true }).click();
  const dark = await tile.evaluate((canvas: HTMLCanvasElement) => {
    const patch = canvas.width / 8;
    const image = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height);
    const middle = (i: number) => {
      const x = ((i % 8) + 0.5) * patch;
      const y = (Math.floor(i / 8) + 0.5) * patch;
      return image?.data[4 * (Math.floor(y) * canvas.width + Math.floor(x))] ?? 0;
    };
    return Array.from({ length: 64 }, (_, i) => middle(i) === 0);
  });
  const name = (await tile.getAttribute('aria-label')) ?? '';
  const kept = Number(/lies on (\d+) of 64/.exec(name)?.[1]);
  expect(dark.filter((isDark) => !isDark)).toHaveLength(kept);
});

test('patches are read by pointer and by arrow keys, and images are unpinned', async ({ page }) => {
  await open(page, 'panel=attention');
  await page.getByRole('img', { name: /^Teacher head 1 on image 1/ }).hover({ position: { x: 3, y: 3 } });
  await expect(page.getByText(/^Row 1, column 1 /)).toBeVisible();
  await page.getByRole('button', { name: /^image 2.*arrow keys/ }).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByText(/^Row 2, column 2 /)).toBeVisible();
  await page.getByRole('button', { name: /^Unpin image 2/ }).click();
  const pins = (await sent(page)).filter(({ type }) => type === 'pin').at(-1);
  expect(pins).toEqual({ type: 'pin', ids: [0, 1, 3, 4, 5, 6, 7] });
});

test('k-NN stands beside its baselines, and neighbours say in words whether they match', async ({ page }) => {
  await open(page, 'panel=knn');
  for (const label of ['untrained network 61.5 %', 'raw pixels 39.0 %', 'chance 12.5 %'])
    await expect(page.getByText(label, { exact: true })).toBeVisible();
  await expect(
    page.getByText(/Scored on 400 validation images .* 2,000 training images, k = 20/),
  ).toBeVisible();
  await page.getByRole('button', { name: 'Evaluate now' }).click();
  await expect(page.getByRole('button', { name: /, same class, similarity 0\.94/ })).toBeVisible();
  await page.getByRole('button', { name: /, another class, similarity 0\.98/ }).click();
  const types = (await sent(page)).map(({ type }) => type);
  expect(types).toContain('evaluate-knn');
  expect(types).toContain('get-neighbours');
});

test('without labels neighbours remain and the score says what it lacks', async ({ page }) => {
  await open(page, 'panel=knn&unlabelled');
  await expect(page.getByText(/These images have no labels, so there is no score/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Evaluate now' })).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^image 10, similarity 0\.98/ })).toBeVisible();
});
