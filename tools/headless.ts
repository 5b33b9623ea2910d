/** `npm run headless`: a run without a person, driven through the page's own controls. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import { type Served, serveBuiltPage } from './built-page.ts';
import {
  ChromiumMissingError,
  findChromium,
  HARDWARE_WEBGPU_FLAGS,
  QUIET_FLAGS,
  SOFTWARE_WEBGPU_FLAGS,
} from './chromium.ts';
import { evaluate } from './headless-evaluation.ts';
import { CommandLineError, type HeadlessOptions, readOptions, USAGE } from './headless-options.ts';
import {
  loadData,
  measure,
  photograph,
  RunFailure,
  save,
  saveForCluster,
  startFrom,
  trainToTheEnd,
  watch,
} from './headless-page.ts';
import { lastScored, RecordError, readRecord, stepLines, summaryOf } from './headless-record.ts';

function flagsFor({ backend, software }: HeadlessOptions): string[] {
  if (software) return [...QUIET_FLAGS, ...SOFTWARE_WEBGPU_FLAGS];
  return backend === 'wasm' ? [...QUIET_FLAGS] : [...QUIET_FLAGS, ...HARDWARE_WEBGPU_FLAGS];
}

async function run(options: HeadlessOptions, browser: Browser, { url }: Served): Promise<void> {
  const out = resolve(options.out);
  mkdirSync(out, { recursive: true });
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, acceptDownloads: true });
  const watched = watch(page);
  await page.goto(url + options.address);
  await loadData(watched, options.data);
  if (options.pretrained !== null) await startFrom(watched, options.pretrained);
  await trainToTheEnd(watched);
  const saved = async () => readRecord((await save(page, 'Save metrics')).toString('utf8'));
  const last = lastScored(await saved());
  if (last.labelled && last.scored !== last.step) await measure(watched, last.step);
  await photograph(page, join(out, 'attention.png'), join(out, 'page.png'));
  writeFileSync(join(out, 'checkpoint.safetensors'), await save(page, 'Save checkpoint'));
  writeFileSync(join(out, 'run.safetensors'), await save(page, 'Save run'));
  if (options.cluster !== null) writeFileSync(options.cluster, await saveForCluster(page));
  if (options.studies.length > 0) await evaluate(watched, options.studies, out);
  const record = await saved();
  const summary = { ...summaryOf(record), pretrained: options.pretrained };
  writeFileSync(join(out, 'metrics.jsonl'), stepLines(record));
  writeFileSync(join(out, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
  if (options.backend !== null && summary.backend !== options.backend)
    throw new RunFailure(
      `${options.backend} was asked for, but the page ran on ${summary.backend} (${summary.adapter}).`,
    );
  report(summary, out);
}

function report(summary: ReturnType<typeof summaryOf>, out: string): void {
  const { backend, adapter, images, classes, skipped, steps, seconds, loss, knn } = summary;
  console.log(`\n${backend} · ${adapter}`);
  console.log(`${images} images in ${classes.length} classes, ${skipped} skipped`);
  console.log(
    `${steps} steps in ${seconds.total.toFixed(1)} s, median ${(1000 * seconds.median).toFixed(1)} ms; ` +
      `loss ${loss.first.toFixed(4)} → ${loss.last.toFixed(4)}`,
  );
  console.log(
    knn === null
      ? 'No k-NN score, as the images have no labels.'
      : `k-NN ${knn.accuracy.toFixed(1)} % (k ${knn.k}, n ${knn.n}); untrained ${knn.untrained.toFixed(1)}, pixels ${knn.pixels.toFixed(1)}`,
  );
  console.log(`Written to ${out}`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(USAGE);
    return;
  }
  const executablePath = findChromium();
  const served = await serveBuiltPage();
  let browser: Browser | null = null;
  const close = async () => {
    await browser?.close();
    await served.close();
  };
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
    console.error('\nInterrupted: closing the browser.');
    void close().finally(() => process.exit(130));
  });
  try {
    browser = await chromium.launch({ executablePath, args: flagsFor(options), handleSIGINT: false });
    await run(options, browser, served);
  } catch (error) {
    // Whatever fails while the browser closes under it fails because of that.
    if (!interrupted) throw error;
  } finally {
    if (!interrupted) await close();
  }
}

const EXPECTED = [ChromiumMissingError, CommandLineError, RecordError, RunFailure];

main().catch((error: unknown) => {
  const expected = EXPECTED.some((kind) => error instanceof kind);
  console.error(error instanceof Error ? (expected ? error.message : error.stack) : error);
  if (error instanceof CommandLineError) console.error(`\n${USAGE}`);
  process.exitCode = 1;
});
