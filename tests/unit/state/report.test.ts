/** The report of a run: all in one page, nothing that runs or is fetched, nothing of a name that becomes markup. */
import { describe, expect, it } from 'vitest';
import { curvesSvg } from '../../../src/core/svg-curves.ts';
import { type RunReport, reportHtml } from '../../../src/state/report-page.ts';

const hostile = '<img src=x onerror=alert(1)> "&\'';
const report: RunReport = {
  title: hostile,
  facts: [['Images', hostile]],
  preset: hostile,
  differences: [{ label: hostile, from: 'off', to: 'on' }],
  curves: [
    { title: 'Loss', note: 'by step', svg: curvesSvg({ title: hostile, curves: [curve([4, 3, 2])] }) },
    { title: 'k-NN', note: 'percent', svg: null },
  ],
  crops: [{ url: 'data:image/png;base64,AAAA', caption: hostile }],
  attention: [[{ url: 'data:image/png;base64,BBBB', caption: 'Head 1' }]],
  attentionNote: hostile,
  scores: [{ method: hostile, network: '50 %', untrained: '20 %', pixels: '30 %', n: '10', step: '3' }],
  footer: hostile,
};

function curve(y: number[], dots = false) {
  return { name: 'Loss', color: '#000', x: y.map((_, i) => i + 1), y, dots };
}

describe('a report', () => {
  it('holds everything and asks for nothing', () => {
    const html = reportHtml(report);
    expect(html).toContain("default-src 'none'; img-src data:; style-src 'unsafe-inline'");
    // What is in quotes is no markup; of what is markup nothing runs or is fetched.
    expect(html.replace(/"[^"]*"/g, '""')).not.toMatch(/<script|<[^>]*\son\w+=|<link|@import|url\(/i);
    expect(html).not.toMatch(/javascript:|https?:/i);
    expect(html.match(/src="[^"]*"/g)?.every((each) => each.startsWith('src="data:image/png;base64,'))).toBe(
      true,
    );
    expect(html).not.toContain('<img src=x');
    expect(html).toContain('&#60;img src=x onerror');
    expect(html.match(/<svg /g)).toHaveLength(1);
    expect(html).toContain('<td>off</td><td>on</td>');
  });

  it('says what is not there yet', () => {
    const html = reportHtml({ ...report, differences: [], curves: [], crops: [], attention: [], scores: [] });
    for (const sentence of [
      'the run is the preset',
      'No step was taken',
      'No crops',
      'No attention',
      'Nothing was measured',
    ])
      expect(html).toContain(sentence);
  });
});

describe('a chart as SVG', () => {
  it('writes figures that fit beside it: a loss that has run away, a rate that has run out', () => {
    const svg = curvesSvg({ title: 'Loss', curves: [curve([0.000_001, 30_500_000])] });
    expect(svg).toContain('>1e-6</text>');
    expect(svg).toContain('>3.05e7</text>');
    expect(curvesSvg({ title: 'Loss', curves: [curve([0.0005, 20_000])] })).toMatch(/>0\.0005<.*>20,000</);
  });

  it('has every level and curve within its frame', () => {
    const svg = curvesSvg({
      title: 'Loss',
      curves: [curve([4, Number.NaN, 2])],
      levels: [{ value: 5.55, label: 'ln K = 5.55', color: '#a52a2a' }],
    });
    expect(svg).toContain('ln K = 5.55');
    const points = /<polyline points="([^"]+)"/.exec(svg ?? '')?.[1]?.split(' ') ?? [];
    expect(points).toHaveLength(2);
    for (const point of points) {
      const [x = -1, y = -1] = point.split(',').map(Number);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(460);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(200);
    }
  });

  it('draws a flat curve and a single dot, and nothing of nothing', () => {
    expect(curvesSvg({ title: 'Flat', curves: [curve([1, 1])] })).toContain('<polyline');
    expect(curvesSvg({ title: 'One', curves: [curve([50], true)] })).toContain('<circle');
    expect(curvesSvg({ title: 'One', curves: [curve([50])] })).toContain('<circle');
    expect(curvesSvg({ title: 'None', curves: [] })).toBeNull();
    expect(curvesSvg({ title: 'None', curves: [curve([Number.NaN, Number.NaN])] })).toBeNull();
  });
});
