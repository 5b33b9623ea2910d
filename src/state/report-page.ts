/** A run on one page of HTML that holds everything itself: no scripts, no requests, pictures as data. Pure. */
import { escaped } from '../core/svg-curves.ts';

export interface ReportPicture {
  /** A data URL. */
  url: string;
  caption: string;
}

export interface RunReport {
  title: string;
  /** What the run was, a name and a value each. */
  facts: readonly (readonly [name: string, value: string])[];
  /** What the settings are compared with, and where they differ. */
  preset: string;
  differences: readonly { label: string; from: string; to: string }[];
  /** Chart by chart, as SVG of ours; null where there is nothing to draw yet. */
  curves: readonly { title: string; note: string; svg: string | null }[];
  crops: readonly ReportPicture[];
  /** A row an image: the image, then a map a head. */
  attention: readonly (readonly ReportPicture[])[];
  attentionNote: string;
  scores: readonly {
    method: string;
    network: string;
    untrained: string;
    pixels: string;
    n: string;
    step: string;
  }[];
  footer: string;
}

export function reportHtml(report: RunReport): string {
  const { title, facts, preset, differences, curves, crops, attention, attentionNote, scores, footer } =
    report;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<dl>${facts.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
${section(
  `Settings that differ from the preset “${preset}”`,
  table(
    ['Setting', 'Preset', 'This run'],
    differences.map(({ label, from, to }) => [label, from, to]),
  ),
  'None: the run is the preset.',
)}
${section(
  'Scores, with 95 % intervals',
  table(
    ['Method', 'Network', 'Untrained', 'Pixels', 'Images', 'Step'],
    scores.map(({ method, network, untrained, pixels, n, step }) => [
      method,
      network,
      untrained,
      pixels,
      n,
      step,
    ]),
  ),
  'Nothing was measured yet: k-NN needs labels and validation images.',
)}
${section(
  'Curves',
  `<div class="charts">${curves
    .filter(({ svg }) => svg !== null)
    .map(
      ({ title: name, note, svg }) =>
        `<figure><figcaption><b>${escaped(name)}</b> ${escaped(note)}</figcaption>${svg}</figure>`,
    )
    .join('')}</div>`,
  'No step was taken yet.',
)}
${section('Crops of one image', pictures(crops), 'No crops were shown yet.')}
${section(
  'Where the heads look',
  attention.length > 0
    ? `<p>${escaped(attentionNote)}</p>${attention.map((row) => `<div class="row">${pictures(row)}</div>`).join('')}`
    : '',
  'No attention maps were made yet.',
)}
<footer>${escaped(footer)}</footer>
</body>
</html>
`;
}

function section(title: string, content: string, empty: string): string {
  const nothing = content === '' || content === '<div class="charts"></div>';
  return `<section><h2>${escaped(title)}</h2>${nothing ? `<p class="quiet">${escaped(empty)}</p>` : content}</section>`;
}

/** Empty without rows. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('');
  return `<table><thead><tr>${cells(heads, 'th')}</tr></thead><tbody>${rows
    .map((row) => `<tr>${cells(row, 'td')}</tr>`)
    .join('')}</tbody></table>`;
}

function pictures(all: readonly ReportPicture[]): string {
  return all
    .map(
      ({ url, caption }) =>
        `<figure class="picture"><img src="${escaped(url)}" alt=""><figcaption>${escaped(caption)}</figcaption></figure>`,
    )
    .join('');
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2827; --quiet: #5d6967; --paper: #fdfcf9; --line: #dcd8cd; --teacher: #b4531f; --student: #2a6bb0; --alarm: #a52a2a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e9e6; --quiet: #95a3a0; --paper: #161d1f; --line: #2c3739; --teacher: #f09a68; --student: #79b2f2; --alarm: #ff9a8c; } }
@media print { :root { --ink: #000; --quiet: #444; --paper: #fff; --line: #ccc; --teacher: #b4531f; --student: #2a6bb0; --alarm: #a52a2a; } }
body { max-width: 1000px; margin: 32px auto; padding: 0 20px; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 12px; }
h2 { font-size: 16px; margin: 28px 0 8px; }
dl { display: flex; flex-wrap: wrap; gap: 8px 28px; margin: 0; }
dt, .quiet, figcaption, footer, .legend { font-size: 13px; color: var(--quiet); }
dd { margin: 0; font-weight: 600; }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px 4px 0; text-align: left; border-bottom: 1px solid var(--line); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 12px 24px; }
figure { margin: 0; break-inside: avoid; }
svg { width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--quiet); }
svg .grid { stroke: var(--line); }
.legend { margin: 0; }
.legend span { margin-right: 14px; }
.legend i { display: inline-block; width: 14px; height: 3px; margin-right: 5px; vertical-align: middle; }
.picture { display: inline-block; width: 112px; margin: 0 8px 8px 0; vertical-align: top; }
.picture img { display: block; width: 112px; height: 112px; object-fit: contain; image-rendering: pixelated; }
footer { margin-top: 32px; padding-top: 8px; border-top: 1px solid var(--line); }
`;
