/** `npm run bench:page`: the longest tasks of the page's main thread while a run trains, tab by tab. */
import { parseArgs } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { z } from 'zod';
import { serveBuiltPage } from '../tools/built-page.ts';
import { findChromium, QUIET_FLAGS, SOFTWARE_WEBGPU_FLAGS } from '../tools/chromium.ts';

const USAGE = `npm run bench:page [-- OPTIONS]
  --seconds n             of training that are recorded, shared among the tabs. 60
  --backend wasm|webgpu   webgpu runs on Chromium's software adapter. wasm
  --preset NAME           samples`;

/** Of a task's blocking of the page; browsers report none below 50 ms. */
const taskSchema = z.object({ start: z.number(), milliseconds: z.number() });
type Task = z.output<typeof taskSchema>;

/** Collects the tasks of over 50 ms from here on, in the page itself. */
const OBSERVE = () => {
  const tasks: { start: number; milliseconds: number }[] = [];
  Reflect.set(window, 'longTasks', tasks);
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      tasks.push({ start: startTime, milliseconds: duration });
  }).observe({ type: 'longtask' });
};

async function longTasks(page: Page): Promise<Task[]> {
  return taskSchema.array().parse(await page.evaluate(() => Reflect.get(window, 'longTasks')));
}

const worst = (tasks: readonly Task[]) => Math.max(0, ...tasks.map(({ milliseconds }) => milliseconds));

function row(name: string, seconds: number, tasks: readonly Task[]): string {
  const blocked = tasks.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return `  ${name.padEnd(24)} ${seconds.toFixed(0).padStart(4)} s   ${String(tasks.length).padStart(3)} over 50 ms   worst ${worst(tasks).toFixed(0).padStart(4)} ms   together ${blocked.toFixed(0)} ms`;
}

async function record(page: Page, name: string, milliseconds: number): Promise<Task[]> {
  const from = await page.evaluate(() => performance.now());
  await page.waitForTimeout(milliseconds);
  const tasks = (await longTasks(page)).filter(({ start }) => start >= from);
  console.log(row(name, milliseconds / 1000, tasks));
  return tasks;
}

const press = (page: Page, name: RegExp) => page.getByRole('button', { name }).first().click();

/** What a person does first in a tab; it goes on while the tab is recorded. */
const BEGUN: Record<string, (page: Page) => Promise<void>> = {
  Evaluate: (page) => press(page, /^Run: /),
  Embedding: (page) => press(page, /^Compute/),
  Collapse: (page) => press(page, /^Look now$/),
  'Step by step': async (page) => {
    await press(page, /^Take a step apart$/);
    await page.getByRole('button', { name: 'Next', exact: true }).waitFor({ timeout: 120_000 });
    // Taking a step apart pauses the run.
    await page.getByRole('button', { name: 'Train', exact: true }).click();
  },
};

async function recordRun(page: Page, seconds: number): Promise<void> {
  const status = page.getByTestId('status-line');
  await status.filter({ hasText: 'Ready' }).waitFor({ timeout: 120_000 });
  const loading = await longTasks(page);
  console.log(row('opening, until Ready', await page.evaluate(() => performance.now() / 1000), loading));
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await status.filter({ hasText: 'Training' }).waitFor({ timeout: 600_000 });
  const tabs = await page.getByRole('tab').allTextContents();
  const all: Task[] = [];
  for (const tab of tabs) {
    await page.getByRole('tab', { name: tab, exact: true }).click();
    await BEGUN[tab]?.(page);
    all.push(...(await record(page, `training, ${tab}`, (1000 * seconds) / tabs.length)));
  }
  console.log(`\nWorst task while training: ${worst(all).toFixed(0)} ms (${await status.textContent()})`);
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    backend: { type: 'string', default: 'wasm' },
    preset: { type: 'string', default: 'samples' },
    help: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
if (values.help || !(seconds > 0) || !['wasm', 'webgpu'].includes(values.backend)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}
const served = await serveBuiltPage();
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: [...QUIET_FLAGS, ...(values.backend === 'webgpu' ? SOFTWARE_WEBGPU_FLAGS : [])],
});
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(OBSERVE);
  await page.goto(`${served.url}?backend=${values.backend}#preset=${values.preset}&training.steps=100000`);
  await recordRun(page, seconds);
} finally {
  await browser.close();
  await served.close();
}
