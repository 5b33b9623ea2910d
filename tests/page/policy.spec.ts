/** What the page may do: reach nothing, open without a network, from any static host. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type { Page, Request, Worker } from '@playwright/test';
import { ROOT } from '../../tools/command.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { TOY_READY, toy } from './support/toy.ts';

test.use({ serviceWorkers: 'allow' });

/** A request to the page's own server, which answers everybody: only a policy can stop it. */
const reach = async () => {
  const refusals: string[] = [];
  const address = new URL('/favicon.svg', location.origin).href;
  await fetch(address).catch(() => refusals.push('fetch'));
  try {
    const request = new XMLHttpRequest();
    request.open('GET', address, false);
    request.send();
  } catch {
    refusals.push('XMLHttpRequest');
  }
  return refusals;
};
const ALL = ['fetch', 'XMLHttpRequest'];

const trainerOf = (page: Page): Worker => {
  const trainer = page.workers().find((worker) => /\/worker-/.test(worker.url()));
  if (!trainer) throw new Error(`No trainer among ${page.workers().map((worker) => worker.url())}`);
  return trainer;
};

const kept = (page: Page) =>
  page.evaluate(() => navigator.serviceWorker.ready.then(() => navigator.serviceWorker.controller !== null));

/** Every worker that the run has started, those that make its views included. */
async function expectSealed(page: Page): Promise<void> {
  expect(await page.evaluate(reach)).toEqual(ALL);
  // A thread of the kernels rests in a wait that lets nothing else in.
  const workers = page.workers().filter((worker) => !/\/thread-/.test(worker.url()));
  expect(workers.length).toBeGreaterThan(1);
  for (const worker of workers) expect(await worker.evaluate(reach), worker.url()).toEqual(ALL);
}

async function finishToy(page: Page): Promise<void> {
  await expect(statusLine(page)).toContainText(TOY_READY);
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText('Finished: 40 steps');
}

test.describe('a page that tries to reach out', () => {
  // What it tries is told in the console, where this test alone expects it.
  test.use({ complaints: [] });

  test('cannot, nor can any of its workers', async ({ page }) => {
    await openPage(page, toy());
    await finishToy(page);
    await expectSealed(page);
  });
});

test('asks for nothing once it is there, and opens and trains without a network', async ({
  page,
  context,
}) => {
  await openPage(page, toy());
  await expect(statusLine(page)).toContainText(TOY_READY);
  await expect.poll(() => kept(page)).toBe(true);
  const reached: string[] = [];
  const note = async (request: Request) => {
    const response = await request.response();
    if (/^https?:/.test(request.url()) && !response?.fromServiceWorker()) reached.push(request.url());
  };
  const asked: Promise<void>[] = [];
  context.on('request', (request) => asked.push(note(request)));
  await finishToy(page);
  for (const tab of await page.getByRole('tab').all()) await tab.click();
  await Promise.all(asked);
  expect(reached).toEqual([]);

  await context.setOffline(true);
  await page.reload();
  await finishToy(page);
});

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The built page in a folder of a host that sets no headers, as GitHub Pages does. */
async function bareHost(): Promise<{ url: string; close: () => void }> {
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://host').pathname.replace(/^\/playground\//, '') || 'index.html';
    const file = join(ROOT, 'dist', path);
    if (!url.startsWith('/playground/') || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/playground/`, close: () => server.close() };
}

test.describe('on a host that sets no headers', () => {
  test.use({ complaints: [] });

  test('the page isolates and seals itself by its service worker', async ({ page }) => {
    const host = await bareHost();
    try {
      await page.goto(`${host.url}?backend=wasm#${toy()}`);
      await expect.poll(() => page.evaluate(() => window.crossOriginIsolated).catch(() => false)).toBe(true);
      await finishToy(page);
      await expectSealed(page);
      expect(trainerOf(page).url()).toContain(host.url);
    } finally {
      host.close();
    }
  });
});
