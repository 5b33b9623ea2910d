/** The bench as its command runs it in Chromium, on a run of milliseconds: both sides compute the same, and no figure is missing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { type Report, reportSchema, type Side } from '../../../bench/report.ts';
import { UNZEROED_MEMORY } from '../../../tools/chromium.ts';
import { ROOT } from '../../../tools/command.ts';

const execute = promisify(execFile);

/** Runs the bench and returns its figures and what it printed. */
async function bench(backend: 'wasm' | 'webgpu'): Promise<{ report: Report; text: string }> {
  const file = join(mkdtempSync(join(tmpdir(), 'bench-')), 'found.json');
  const { stdout } = await execute(
    'npx',
    [
      '--no-install',
      'tsx',
      'bench/run.ts',
      '--backend',
      backend,
      '--config',
      'toy',
      '--steps',
      '2',
      '--quick',
      '--json',
      file,
    ],
    { cwd: ROOT, env: { ...process.env, CHROME_FLAGS: `--${UNZEROED_MEMORY}` } },
  );
  const [report] = reportSchema.array().parse(JSON.parse(readFileSync(file, 'utf8')));
  if (!report) throw new Error('The bench found nothing');
  return { report, text: stdout };
}

function expectFigures(side: Side | null): void {
  expect(side).not.toBeNull();
  if (!side) return;
  expect(side.steps).toBeGreaterThanOrEqual(2);
  expect(side.seconds.min).toBeGreaterThan(0);
  expect(side.seconds.max).toBeGreaterThanOrEqual(side.seconds.median);
  for (const figure of [side.imagesPerSecond, side.gflops, side.shareOfGemm.median, side.javascriptMs.median])
    expect(figure).toBeGreaterThan(0);
  expect(side.peakBytes).toBeGreaterThan(0);
  expect(side.firstStepSeconds).toBeGreaterThan(side.seconds.min);
}

function expectAgreement({ agreement }: Report): void {
  expect(agreement?.ours).toHaveLength(3);
  expect(agreement?.naive).toHaveLength(3);
  expect(agreement?.worst).toBeLessThan(1e-3);
  // Losses that stand still would agree as well.
  expect(new Set(agreement?.ours).size).toBe(3);
}

it('times ours and naive on WASM', async () => {
  const { report, text } = await bench('wasm');
  expectAgreement(report);
  expectFigures(report.ours);
  expectFigures(report.naive);
  expect(report.ours.gpu).toBeNull();
  expect(report.peak.best).toBeGreaterThan(0);
  expect(report.peak.copy).toBeGreaterThan(0);
  expect(report.decode?.pool).toBeGreaterThan(0);
  expect(report.decode?.bare).toBeGreaterThan(0);
  expect(text).toContain('naive tfjs');
  expect(text).toContain('effective GFLOP/s');
});

it('times both on WebGPU, and counts what each asks of the device', async () => {
  const { report, text } = await bench('webgpu');
  expectAgreement(report);
  expectFigures(report.ours);
  expectFigures(report.naive);
  const { ours, naive } = report;
  // A naive step is hundreds of tfjs ops, each a dispatch with a bind group of its own.
  expect(naive?.gpu?.dispatches).toBeGreaterThan(500);
  expect(naive?.gpu?.bindGroupsMade).toBeGreaterThan(500);
  expect(naive?.gpu?.submits).toBeGreaterThan(1);
  expect(ours.gpu?.dispatches).toBeGreaterThan(0);
  expect(ours.gpu?.dispatches).toBeLessThan(naive?.gpu?.dispatches ?? 0);
  // Views, or their crops, and the step's values.
  expect(ours.gpu?.uploadedBytes).toBeGreaterThan(0);
  expect(report.peak.arithmetic).toBeGreaterThan(0);
  expect(report.ratios.map(({ what }) => what)).toEqual([
    ...(report.software ? [] : ['naive ÷ ours, seconds a step']),
    'share of the best GEMM rate, whole step',
    'dispatches a step, 12 blocks, two resolutions',
    'JavaScript a step, ms',
    'buffers, bind groups, pipelines made in a step',
    'GPU memory ÷ naive',
  ]);
  expect(text).toContain('Targets');
});
