/** `npm run bench`: this project's step against the same step in plain tfjs, side by side in headless Chromium. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ChromiumMissingError } from '../tools/chromium.ts';
import { ROOT } from '../tools/command.ts';
import { benchInBrowser } from './browser.ts';
import { buildPage } from './build.ts';
import { BENCH_USAGE, BenchUsageError, readBenchOptions } from './options.ts';
import { printed } from './print.ts';
import type { Report } from './report.ts';

async function main(): Promise<void> {
  const options = readBenchOptions(process.argv.slice(2));
  if (options.pack !== null) throw new BenchUsageError('--pack belongs to npm run bench:node.');
  const say = (line: string) => console.error(line);
  say('Building the bench…');
  await buildPage();
  const reports: Report[] = [];
  await benchInBrowser(
    options,
    (report) => {
      reports.push(report);
      console.log(`\n${printed(report)}\n`);
    },
    say,
  );
  if (options.json === null) return;
  const file =
    options.json === ''
      ? join(ROOT, 'out', 'bench', `${options.backend}-${options.configs.join('-')}.json`)
      : options.json;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(reports, null, 2)}\n`);
  console.log(`Written to ${file}`);
}

const EXPECTED = [BenchUsageError, ChromiumMissingError];

main().catch((error: unknown) => {
  const expected = EXPECTED.some((kind) => error instanceof kind);
  console.error(error instanceof Error ? (expected ? error.message : error.stack) : error);
  if (error instanceof BenchUsageError) console.error(`\n${BENCH_USAGE}`);
  process.exitCode = 1;
});
