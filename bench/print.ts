/** The tables of a bench run, as text. */
import type { Ratio, Report, Side } from './report.ts';

const MISSING = '–';

const figure = (value: number, digits = 3): string =>
  !Number.isFinite(value)
    ? MISSING
    : value === 0 || (Math.abs(value) >= 1000 && Number.isInteger(value))
      ? value.toLocaleString('en')
      : Number(value.toPrecision(digits)).toLocaleString('en', { maximumFractionDigits: 6 });

const seconds = (value: number) => (value < 1 ? `${figure(1000 * value)} ms` : `${figure(value)} s`);
const bytes = (value: number) => (value < 1e5 ? `${figure(value)} B` : `${figure(value / 1e6)} MB`);
const percent = (value: number) => `${figure(100 * value)} %`;

function columns(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows
    .map(
      (row) =>
        `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('   ')}`,
    )
    .join('\n');
}

const SIDE_ROWS: [string, (side: Side) => string][] = [
  ['threads', ({ threads }) => figure(threads)],
  ['warm-up steps, timed steps', ({ warmUps, steps }) => `${warmUps}, ${steps}`],
  ['a step, median', (side) => seconds(side.seconds.median)],
  ['  fastest', (side) => seconds(side.seconds.min)],
  ['  slowest', (side) => seconds(side.seconds.max)],
  ['images/s', (side) => figure(side.imagesPerSecond)],
  ['effective GFLOP/s', (side) => figure(side.gflops)],
  [
    'share of the best GEMM rate',
    ({ shareOfGemm: { median, min, max } }) =>
      min === max ? percent(median) : `${percent(median)} (${percent(min)} to ${percent(max)})`,
  ],
  ['JavaScript a step', (side) => `${figure(side.javascriptMs.median)} ms`],
  ['to the first loss', (side) => seconds(side.firstStepSeconds)],
  ['peak memory', (side) => bytes(side.peakBytes)],
];
const GPU_ROWS: [string, (gpu: NonNullable<Side['gpu']>) => string][] = [
  ['dispatches a step', (gpu) => figure(gpu.dispatches)],
  ['submits a step', (gpu) => figure(gpu.submits)],
  ['uploaded a step', (gpu) => bytes(gpu.uploadedBytes)],
  ['buffers made in a step', (gpu) => figure(gpu.buffersMade)],
  ['textures made in a step', (gpu) => figure(gpu.texturesMade)],
  ['bind groups made in a step', (gpu) => figure(gpu.bindGroupsMade)],
  ['pipelines made in a step', (gpu) => figure(gpu.pipelinesMade)],
];

function sideTable({ ours, naive }: Report): string {
  const sides = naive ? [ours, naive] : [ours];
  return columns([
    ['', 'ours', ...(naive ? ['naive tfjs'] : [])],
    ...SIDE_ROWS.map(([name, cell]) => [name, ...sides.map(cell)]),
    ...(ours.gpu
      ? GPU_ROWS.map(([name, cell]) => [name, ...sides.map(({ gpu }) => (gpu ? cell(gpu) : MISSING))])
      : []),
  ]);
}

const verdict = ({ met }: Ratio) => (met === null ? 'not measured' : met ? 'met' : 'missed');

export function printed(report: Report): string {
  const { agreement, peak, slopes, profile, decode, torch, ratios, ours } = report;
  const lines = [
    `${report.config} on ${report.backend}: ${report.adapter}${report.software ? ' (software)' : ''}, ${report.place}`,
    `${report.parameters.toLocaleString('en')} parameters, batch ${report.batch}, ${report.tokens.toLocaleString('en')} tokens, ${figure(report.gflop)} GFLOP a step, ${bytes(report.idealBytes)} of traffic at the least`,
    agreement
      ? `Losses of the first ${agreement.naive.length} steps: ours ${agreement.ours.map((x) => x.toFixed(6)).join(', ')}; naive ${agreement.naive.map((x) => x.toFixed(6)).join(', ')}; apart by ${agreement.worst.toExponential(1)} at most (${agreement.tolerance} allowed)`
      : 'The naive side was left out.',
    '',
    sideTable(report),
    '',
    'Peak of this adapter',
    columns([
      ...peak.gemm.map(({ name, rate }) => [name, `${figure(rate)} GFLOP/s`]),
      ['best of these', `${figure(peak.best)} GFLOP/s`],
      ...(peak.arithmetic === null ? [] : [['multiply-adds alone', `${figure(peak.arithmetic)} GFLOP/s`]]),
      ['copy, read and written', `${figure(peak.copy)} GB/s`],
      ['time of the least traffic at that rate', seconds(report.idealBytes / 1e9 / peak.copy)],
    ]),
  ];
  if (slopes.length > 0)
    lines.push(
      '',
      'Cost of one more',
      columns(
        slopes.map(({ axis, points, secondsPerUnit }) => [
          axis,
          `${figure(1000 * secondsPerUnit)} ms`,
          points.map(({ at, seconds: s }) => `${figure(at)}: ${seconds(s)}`).join('; '),
        ]),
      ),
    );
  if (profile.length > 0) {
    const all = profile.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    lines.push(
      '',
      `Kernels of one of our steps, each by itself: ${figure(all)} ms together`,
      columns(
        profile.map(({ name, milliseconds, calls }) => [
          name,
          `${figure(milliseconds)} ms`,
          percent(milliseconds / all),
          `${calls} ${calls === 1 ? 'call' : 'calls'}`,
        ]),
      ),
    );
  }
  if (decode)
    lines.push(
      '',
      `Decoding ${decode.images} JPEGs of ${decode.width} × ${decode.height}: pool of ${decode.workers} ${figure(decode.pool)} images/s, bare createImageBitmap ${figure(decode.bare)} images/s, ratio ${figure(decode.pool / decode.bare)}`,
    );
  if (torch)
    lines.push(
      '',
      `PyTorch ${torch.version} on ${torch.device}, eager f32, ${torch.attention}: ${seconds(torch.seconds.median)} a step (${seconds(torch.seconds.min)} to ${seconds(torch.seconds.max)}); ours ÷ PyTorch ${figure(ours.seconds.median / torch.seconds.median)}`,
    );
  if (ratios.length > 0)
    lines.push(
      '',
      'Targets',
      columns(
        ratios.map((ratio) => [
          ratio.what,
          ratio.value === null ? MISSING : figure(ratio.value),
          `${ratio.kind} ${figure(ratio.target)}`,
          verdict(ratio),
        ]),
      ),
    );
  return lines.join('\n');
}
