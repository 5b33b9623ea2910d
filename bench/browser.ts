/** Serves the bench's page and holds a contest in headless Chromium, on the machine's own GPU where it has one. */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { preview } from 'vite';
import {
  findChromium,
  HARDWARE_WEBGPU_FLAGS,
  QUIET_FLAGS,
  SOFTWARE_WEBGPU_FLAGS,
} from '../tools/chromium.ts';
import { ROOT } from '../tools/command.ts';
import { ISOLATION_HEADERS } from '../tools/page-headers.ts';
import { PAGE_FOLDER } from './build.ts';
import type { BenchOptions } from './options.ts';
import { type Report, reportSchema } from './report.ts';

/** Further flags of Chromium, by spaces. */
const ASKED_FLAGS = process.env.CHROME_FLAGS?.split(' ') ?? [];

const launch = (flags: string[]) =>
  chromium.launch({ executablePath: findChromium(), args: [...QUIET_FLAGS, ...flags, ...ASKED_FLAGS] });

/** The first question can come before the GPU process is up. */
const LOOKS = 12;
const LOOK_EVERY = 250; // ms

/** Whether this browser offers a GPU that is no processor in disguise. */
async function offersHardware(browser: Browser, url: string): Promise<boolean> {
  const page = await browser.newPage();
  await page.goto(url);
  const found = await page.evaluate(
    async ({ looks, every }) => {
      for (let look = 0; look < looks; look++) {
        const adapter = await navigator.gpu?.requestAdapter();
        if (adapter) {
          const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
          const name = `${vendor} ${architecture} ${device} ${description}`;
          return !isFallbackAdapter && !/swiftshader|llvmpipe|lavapipe|software/i.test(name);
        }
        await new Promise((resolve) => setTimeout(resolve, every));
      }
      return false;
    },
    { looks: LOOKS, every: LOOK_EVERY },
  );
  await page.close();
  return found;
}

async function openBrowser(backend: BenchOptions['backend'], url: string): Promise<Browser> {
  if (backend === 'wasm') return launch([]);
  const browser = await launch(HARDWARE_WEBGPU_FLAGS);
  if (await offersHardware(browser, url)) return browser;
  await browser.close();
  return launch(SOFTWARE_WEBGPU_FLAGS);
}

/** Runs the configurations one after the other, each in a fresh browser. */
export async function benchInBrowser(
  options: BenchOptions,
  found: (report: Report) => void,
  say: (line: string) => void,
): Promise<void> {
  const server = await preview({
    root: join(ROOT, 'bench', 'page'),
    // Isolated as the page is, but without its policy: the naive side fetches its binaries, as tfjs does by itself.
    configFile: false,
    logLevel: 'warn',
    build: { outDir: PAGE_FOLDER },
    preview: { host: '127.0.0.1', open: false, headers: ISOLATION_HEADERS },
  });
  try {
    const url = server.resolvedUrls?.local[0];
    if (url === undefined) throw new Error('The page server started without an address.');
    for (const config of options.configs) {
      const browser = await openBrowser(options.backend, url);
      try {
        found(await contestIn(browser, url, config, options, say));
      } finally {
        await browser.close();
      }
    }
  } finally {
    await server.close();
  }
}

async function contestIn(
  browser: Browser,
  url: string,
  config: string,
  { backend, steps, slopes, profile, naive }: BenchOptions,
  say: (line: string) => void,
): Promise<Report> {
  const page = await browser.newPage();
  page.on('console', (message) => say(message.text()));
  await page.goto(url);
  const result: unknown = await page.evaluate((given) => Reflect.get(globalThis, 'bench')(given), {
    backend,
    config,
    steps,
    slopes,
    profile,
    naive,
  });
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return reportSchema.parse({
    ...Object(result),
    place: `Chromium ${browser.version()}, ${cpus().length} × ${processor}`,
  });
}
