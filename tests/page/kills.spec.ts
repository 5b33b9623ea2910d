/** Kills in the middle of saves, on the browser's own file system: of the worker that keeps runs, and of the whole browser. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from '@playwright/test';
import { PURPOSE, rng } from '../../src/core/rng.ts';
import type { KeeperReply } from '../../src/trainer/keeping/keeper-messages.ts';
import { QUIET_FLAGS } from '../../tools/chromium.ts';
import { ROOT } from '../../tools/command.ts';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { savedRun, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

const WORKER_KILLS = 50;
/** More of them by hand: BROWSER_KILLS=50. */
const BROWSER_KILLS = Number(process.env.BROWSER_KILLS ?? 3);

/** A browser with a profile on the disk: that of a private window would keep its files in memory. */
function launch(profile: string, baseURL = ''): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    ...(process.env.CHROME_PATH ? { executablePath: process.env.CHROME_PATH } : {}),
    args: QUIET_FLAGS,
    baseURL,
    viewport: { width: 1440, height: 900 },
    serviceWorkers: 'block',
  });
}

/** One worker's life: what it finds, and what it has said to be saved when it is killed. */
interface Life {
  store: string;
  /** Names of the files once the worker is ready. */
  files: string[];
  listed: number | null;
  found: { step: number; whole: boolean } | null;
  acknowledged: number;
  begun: number;
  milliseconds: number[];
  /** Names of the files after the kill. */
  left: string[];
}

/**
 * In the page: starts the keeper's worker, has it load the run, then has it save states without a break, the first of
 * them of `from`, and kills it `after` ms of that, or once `saves` are saved.
 */
async function life({
  url,
  from,
  after,
  saves,
}: {
  url: string;
  from: number;
  after: number;
  saves: number;
}): Promise<Life> {
  const RUN = 'aaaaaaaa';
  /** Words that only this step has, 2 to 5 MB of them. */
  const wordsOf = (step: number) => {
    const words = new Uint32Array(2 ** 18 * (2 + (step % 4)));
    let word = Math.imul(step, 0x9e3779b1) | 1;
    for (let i = 0; i < words.length; i++) {
      word ^= word << 13;
      word ^= word >>> 17;
      word ^= word << 5;
      words[i] = word;
    }
    return words;
  };
  const isOf = (bytes: Uint8Array<ArrayBuffer> | undefined, step: number) => {
    const words = wordsOf(step);
    const found = bytes?.byteLength === words.byteLength ? new Uint32Array(bytes.slice().buffer) : null;
    return found?.every((word, i) => word === words[i]) ?? false;
  };
  const names = async () => {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle('kept-runs', { create: true });
    const found: string[] = [];
    for await (const name of folder.keys()) found.push(name);
    return found;
  };
  const worker = new Worker(url, { type: 'module' });
  const waiting = new Map<number, (reply: KeeperReply) => void>();
  const store = new Promise<Extract<KeeperReply, { type: 'store' }>>((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<KeeperReply>) => {
      if (data.type === 'store') resolve(data);
      else waiting.get(data.id)?.(data);
    });
  });
  const ask = (id: number, task: object, transfer: Transferable[] = []) =>
    new Promise<KeeperReply>((resolve) => {
      waiting.set(id, resolve);
      worker.postMessage({ ...task, id }, transfer);
    });
  const opened = await store;
  const files = await names();
  const reply = await ask(0, { task: 'load', run: RUN, step: null });
  const loaded = reply.type === 'loaded' ? reply.found : null;
  const step = loaded?.about.step ?? 0;
  const found = loaded && { step, whole: isOf(loaded.parts.get('state'), step) };

  let acknowledged = 0;
  let begun = from - 1;
  let killed = false;
  const milliseconds: number[] = [];
  const saving = (async () => {
    while (!killed && milliseconds.length < saves) {
      const number = ++begun;
      const words = wordsOf(number);
      const about = { run: RUN, savedAt: Date.now(), step: number, score: (number * 37) % 101, card: '{}' };
      const pieces = [new Uint8Array(words.buffer, 0, 1000), new Uint8Array(words.buffer, 1000)];
      const before = performance.now();
      const answer = await ask(number, { task: 'save', about, parts: [{ name: 'state', pieces }] }, [
        words.buffer,
      ]);
      if (answer.type !== 'saved') throw new Error(JSON.stringify(answer));
      acknowledged = number;
      milliseconds.push(performance.now() - before);
    }
  })();
  await Promise.race([saving, new Promise((resolve) => setTimeout(resolve, after))]);
  killed = true;
  worker.terminate();
  const listed = opened.inventory?.runs[0]?.states[0]?.step ?? null;
  return {
    store: `${opened.state} ${opened.detail}`.trim(),
    files,
    listed,
    found,
    acknowledged,
    begun,
    milliseconds,
    left: await names(),
  };
}

test('a worker killed at fifty random moments of its saves leaves a whole state, never older than the last it acknowledged', async ({
  baseURL,
}, info) => {
  const worker = readdirSync(join(ROOT, 'dist', 'assets')).find((name) => name.startsWith('keeper-worker-'));
  const browser = await launch(info.outputPath('profile'), baseURL);
  const page = await browser.newPage();
  // The page itself would keep runs, which only one tab does.
  await page.route('**/empty', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  );
  await page.goto('./empty');
  const random = rng(11, PURPOSE.evaluation);
  const url = `./assets/${worker}`;
  let last = await page.evaluate(life, { url, from: 1, after: 60_000, saves: 5 });
  expect(last.acknowledged).toBe(5);
  const save = [...last.milliseconds].sort((a, b) => a - b)[2] ?? 0;
  let acknowledged = 5;
  /** Kills since a save was acknowledged. */
  let unsaved = 0;
  const outcomes = { unfinished: 0, before: 0, newer: 0 };
  for (let kill = 1; kill <= WORKER_KILLS; kill++) {
    // Anywhere in the first two saves of the life.
    const after = 2 * save * random.uniform();
    const from = last.begun + 1;
    const next = await page.evaluate(life, { url, from, after, saves: Number.POSITIVE_INFINITY });
    const { found } = next;
    const at = `kill ${kill - 1}, after which ${last.left} were left and ${next.files} are there`;
    expect(next.store, at).toBe('ready');
    expect(
      next.files.filter((name) => !name.endsWith('.kept')),
      at,
    ).toEqual([]);
    // The newest two and the best; what a kill left between the move and the clearing goes with the next save.
    expect(next.files.length, at).toBeLessThanOrEqual(3 + unsaved);
    expect(found?.whole, at).toBe(true);
    expect(next.listed, at).toBe(found?.step);
    expect(found?.step, at).toBeGreaterThanOrEqual(acknowledged);
    expect(found?.step, at).toBeLessThanOrEqual(last.begun);
    if (last.left.some((name) => name.endsWith('.tmp'))) outcomes.unfinished++;
    if (found?.step === acknowledged) outcomes.before++;
    else outcomes.newer++;
    unsaved = next.acknowledged > 0 ? 1 : unsaved + 1;
    acknowledged = Math.max(next.acknowledged, found?.step ?? 0);
    last = next;
  }
  info.annotations.push({ type: 'outcomes', description: JSON.stringify({ save, ...outcomes }) });
  if (process.env.BROWSER_KILLS) console.log(`worker: ${JSON.stringify({ save, ...outcomes })}`);
  // Most kills came while a file was being written.
  expect(outcomes.unfinished).toBeGreaterThan(10);
  await browser.close();
});

/** Every process of the browser that has this profile, as [process, group]. */
function processesOf(profile: string): [number, number][] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,pgid=,stat=,args='], { encoding: 'utf8' }).split(
    '\n',
  );
  return lines.flatMap((line) => {
    const [, process, group, state = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line) ?? [];
    const own = line.includes(`--user-data-dir=${profile}`) && !state.startsWith('Z');
    return own ? [[Number(process), Number(group)]] : [];
  });
}

/** Ends the browser as a power cut or the system's killer would: all of its processes at once, and none is asked. */
async function kill(browser: BrowserContext, profile: string): Promise<void> {
  const closed = browser.waitForEvent('close');
  const groups = new Set(processesOf(profile).map(([, group]) => group));
  expect(groups.size).toBeGreaterThan(0);
  for (const group of groups) process.kill(-group, 'SIGKILL');
  await closed;
  await expect.poll(() => processesOf(profile)).toEqual([]);
}

/** The toy with a head of some MB, on any page of the profile. */
async function open(browser: BrowserContext, heard: (step: number) => void): Promise<Page> {
  const page = await browser.newPage();
  await page.exposeFunction('heardSaved', heard);
  // The page is told what is saved by its trainer, whose messages are read along.
  await page.addInitScript(() => {
    window.Worker = class extends Worker {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        this.addEventListener('message', ({ data }) => {
          const step = data?.type === 'keeping' ? data.keeping.saved?.step : undefined;
          if (step) Reflect.get(window, 'heardSaved')(step);
        });
      }
    };
  });
  await openPage(
    page,
    toy({
      'training.steps': 100_000,
      'head.prototypes': 4096,
      'head.bottleneck': 64,
      'evaluation.knnEvery': 0,
    }),
  );
  await expect(statusLine(page)).toContainText(TOY_READY);
  return page;
}

/** Goes on with the run that the page offers; at which step that is. */
async function goOn(page: Page): Promise<number> {
  const offer = page.getByRole('region', { name: 'Kept run' });
  await expect(offer).toContainText(/^Go on with [a-z]+-[a-z]+ at step [\d,]+ of 100,000/);
  const [, step = ''] = /at step ([\d,]+) of/.exec((await offer.textContent()) ?? '') ?? [];
  await offer.getByRole('button', { name: 'Go on' }).click();
  await expect(statusLine(page)).toContainText(`Paused at step ${step} of`);
  return Number(step.replaceAll(',', ''));
}

test('a browser killed while it trains and saves offers the run again, which goes on to the bit', async ({
  baseURL,
}, info) => {
  test.skip(process.platform === 'win32', 'Windows has no process groups to kill');
  test.setTimeout(300_000 + 30_000 * BROWSER_KILLS);
  const profile = info.outputPath('profile');
  const random = rng(12, PURPOSE.evaluation);
  let saved = 0;
  const hear = (step: number) => {
    saved = step;
  };
  const kept: string[] = [];
  let browser = await launch(profile, baseURL);
  let page = await open(browser, hear);
  for (let i = 0; i < BROWSER_KILLS; i++) {
    const before = saved;
    // Each pause saves, so that a save is under way nearly always.
    await page.evaluate(() => {
      setInterval(() => {
        const buttons = [...document.querySelectorAll('button')];
        buttons.find(({ textContent }) => textContent === 'Train' || textContent === 'Pause')?.click();
      }, 30);
    });
    await expect.poll(() => saved, { intervals: [10] }).toBeGreaterThan(before);
    await new Promise((resolve) => setTimeout(resolve, 600 * random.uniform()));
    await kill(browser, profile);
    browser = await launch(profile, baseURL);
    const acknowledged = saved;
    page = await open(browser, hear);
    const step = await goOn(page);
    expect(step).toBeGreaterThanOrEqual(acknowledged);
    kept.push(`${acknowledged}→${step}`);
    saved = step;
  }
  info.annotations.push({ type: 'kills', description: kept.join(' ') });
  if (process.env.BROWSER_KILLS) console.log(`browser: ${kept.join(' ')}`);

  await control(page, 'Step').click();
  const end = saved + 1;
  await expect.poll(() => stepShown(page)).toBe(end);
  const broken = await savedRun(page);
  await control(page, 'Reset').click();
  await expect(statusLine(page)).toContainText(TOY_READY);
  for (let step = 0; step < end; step++) {
    await control(page, 'Step').click();
    await expect.poll(() => stepShown(page), { intervals: [10] }).toBe(step + 1);
  }
  const unbroken = await savedRun(page);
  expect(unbroken.metadata).toEqual(broken.metadata);
  expect([...broken.tensors.keys()]).toEqual([...unbroken.tensors.keys()]);
  for (const [name, tensor] of unbroken.tensors) expect(broken.tensors.get(name), name).toEqual(tensor);
  await browser.close();
});
