/** `npm test`: checks, build, then unit and page tests side by side; ends with one line of counts for all together. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runChecks, STATIC_CHECKS } from './check.ts';
import { findChromium } from './chromium.ts';
import { ROOT, runTool } from './command.ts';

const REPORTS = join(ROOT, 'out', 'reports');
const UNIT_REPORT = join(REPORTS, 'unit.json');
const PAGE_REPORT = join(REPORTS, 'page.json');

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** One failed test that no report counts: the tool itself did not get that far. */
const BROKEN: Tally = { passed: 0, failed: 1, skipped: 0 };

const unitReport = z
  .object({
    numPassedTests: z.int(),
    numFailedTests: z.int(),
    numPendingTests: z.int(),
    /** Files that failed outside of a test, e.g. at an import. */
    testResults: z.array(z.object({ status: z.string(), assertionResults: z.array(z.unknown()) })),
  })
  .transform(
    ({ numPassedTests, numFailedTests, numPendingTests, testResults }): Tally => ({
      passed: numPassedTests,
      failed:
        numFailedTests +
        testResults.filter(
          ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
        ).length,
      skipped: numPendingTests,
    }),
  );

const pageReport = z
  .object({
    stats: z.object({ expected: z.int(), unexpected: z.int(), flaky: z.int(), skipped: z.int() }),
    /** Faults outside of a test, e.g. a page server that does not start. */
    errors: z.array(z.unknown()),
  })
  .transform(
    ({ stats, errors }): Tally => ({
      passed: stats.expected,
      failed: stats.unexpected + stats.flaky + errors.length,
      skipped: stats.skipped,
    }),
  );

/** The counts of a run, never fewer failures than its exit code tells of. */
function tallyOf(report: string, schema: z.ZodType<Tally>, code: number): Tally {
  let tally: Tally;
  try {
    tally = schema.parse(JSON.parse(readFileSync(report, 'utf8')));
  } catch (error) {
    console.error(`No report at ${report}: ${error instanceof Error ? error.message : String(error)}`);
    return BROKEN;
  }
  return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

async function unitTests(): Promise<Tally> {
  const code = await runTool(
    'vitest',
    ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${UNIT_REPORT}`],
    { label: 'unit │ ' },
  );
  return tallyOf(UNIT_REPORT, unitReport, code);
}

async function pageTests(): Promise<Tally> {
  const browser = findChromium();
  console.log(`Browser: ${browser}`);
  const env = { CHROME_PATH: browser, PAGE_BUILT: '1', PLAYWRIGHT_JSON_OUTPUT_FILE: PAGE_REPORT };
  const code = await runTool('playwright', ['test', '--reporter=list,json'], { env, label: 'page │ ' });
  return tallyOf(PAGE_REPORT, pageReport, code);
}

rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

const failedChecks = await runChecks(STATIC_CHECKS);
console.log('\n── Build');
const built = (await runTool('vite', ['build', '--logLevel', 'warn'])) === 0;
console.log('\n── Unit tests and page tests, side by side');
// Page tests wait for the page half of the time; unit tests use what they leave.
const tallies = await Promise.all([
  unitTests(),
  built
    ? pageTests().catch((error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        return BROKEN;
      })
    : BROKEN,
]);

const total = (key: keyof Tally) => tallies.reduce((sum, tally) => sum + tally[key], 0);
const failed = total('failed') + failedChecks.length;
console.log();
if (failedChecks.length > 0)
  console.log(`Checks that failed, each counted below: ${failedChecks.join(', ')}.`);
if (total('skipped') > 0) console.log(`Skipped: ${total('skipped')}, named above.`);
console.log(`${total('passed')} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
