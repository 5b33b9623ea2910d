/** The command line of the bench, its configurations, and what the naive side may lean on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BenchUsageError, readBenchOptions } from '../../../bench/options.ts';
import { benchConfig, UnknownConfigError } from '../../../bench/setup.ts';
import { slopeOf, slopePoints } from '../../../bench/slopes.ts';

describe('the command line', () => {
  it('takes nano on WebGPU by itself', () => {
    expect(readBenchOptions([])).toEqual({
      backend: 'webgpu',
      configs: ['N'],
      steps: null,
      slopes: true,
      profile: false,
      naive: true,
      json: null,
      pack: null,
    });
  });

  it('takes several configurations, and a file or none for the figures', () => {
    expect(
      readBenchOptions(['--backend', 'wasm', '--config', 'N,T', '--steps', '3', '--json']),
    ).toMatchObject({
      backend: 'wasm',
      configs: ['N', 'T'],
      steps: 3,
      json: '',
    });
    expect(readBenchOptions(['--json', 'a.json', '--quick'])).toMatchObject({
      json: 'a.json',
      slopes: false,
    });
    expect(readBenchOptions(['--json', '--quick'])).toMatchObject({ json: '', slopes: false });
  });

  it.each([[['--backend', 'webgl']], [['--steps', '0']], [['--steps', 'x']], [['--fast']]])(
    'refuses %j',
    (args) => {
      expect(() => readBenchOptions(args)).toThrow(BenchUsageError);
    },
  );
});

describe('configurations', () => {
  it.each(['N', 'T', 'V', 'toy', 'vit-small'])('%s moves every weight from its first step on', (name) => {
    const { head, optimizer } = benchConfig(name);
    expect(head.freezeEpochs).toBe(0);
    expect(optimizer.lrWarmupEpochs).toBe(0);
  });

  it('refuses an unknown one', () => {
    expect(() => benchConfig('X')).toThrow(UnknownConfigError);
  });

  it('varies one thing along each axis', () => {
    const points = slopePoints(benchConfig('N'));
    const axes = [...new Set(points.map(({ axis }) => axis))];
    expect(axes).toHaveLength(5);
    for (const axis of axes) {
      const along = points.filter((point) => point.axis === axis).map(({ at }) => at);
      expect([...along].sort((a, b) => a - b)).toEqual(along);
      expect(new Set(along).size).toBe(3);
    }
  });

  it('finds a slope by least squares', () => {
    const points = [1, 2, 4].map((at) => ({ at, seconds: 0.5 + 0.25 * at }));
    expect(slopeOf('block', points).secondsPerUnit).toBeCloseTo(0.25, 12);
  });
});

it('keeps this project’s ops, models and backends out of the naive side', () => {
  const folder = join(import.meta.dirname, '../../../bench/naive');
  const outside = readdirSync(folder).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/from '(\.\.\/\.\.\/[^']+)'/g)].map(
      ([, path]) => path,
    ),
  );
  expect(outside).toEqual(['../../src/core/positions.ts']);
});
