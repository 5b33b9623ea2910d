/** How the time of a step grows with batch, tokens, depth, prototypes and images. */
import { applyOverrides } from '../src/config/overrides.ts';
import type { RunConfig, RunOverrides } from '../src/config/schema.ts';
import { stepWork } from '../src/config/work.ts';
import type { Slope } from './report.ts';

export interface SlopePoint {
  axis: string;
  at: number;
  config: RunConfig;
  images: number;
}

/** The runs to time: along each axis everything else stays as in `base`. */
export function slopePoints(base: RunConfig): SlopePoint[] {
  const { views, backbone, head, training } = base;
  const images = 4 * training.batchSize;
  const varied = <G extends keyof RunConfig>(
    axis: string,
    group: G,
    choices: RunOverrides[G][],
    at: (config: RunConfig) => number,
  ): SlopePoint[] =>
    choices.map((choice) => {
      const config = applyOverrides(base, { [group]: { ...base[group], ...choice } });
      return { axis, at: at(config), config, images: Math.max(images, 4 * config.training.batchSize) };
    });
  return [
    ...varied(
      'image in the batch',
      'training',
      [0.5, 1, 2].map((f) => ({ batchSize: Math.max(2, Math.round(f * training.batchSize)) })),
      (config) => config.training.batchSize,
    ),
    ...varied(
      'token',
      'views',
      [1, 1.5, 2].map((f) => ({
        globalSize: Math.round((f * views.globalSize) / backbone.patchSize) * backbone.patchSize,
      })),
      (config) => stepWork(config).tokens,
    ),
    ...varied(
      'block',
      'backbone',
      [0.5, 1, 2].map((f) => ({ depth: Math.max(1, Math.round(f * backbone.depth)) })),
      (config) => config.backbone.depth,
    ),
    ...varied(
      'prototype',
      'head',
      [1, 2, 4].map((f) => ({ prototypes: f * head.prototypes })),
      (config) => config.head.prototypes,
    ),
    ...[images, 4 * images, 16 * images].map((count) => ({
      axis: 'image in the data set',
      at: count,
      config: base,
      images: count,
    })),
  ];
}

/** Least squares of seconds over `at`. */
export function slopeOf(axis: string, points: Slope['points']): Slope {
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const x = mean(points.map(({ at }) => at));
  const y = mean(points.map(({ seconds }) => seconds));
  const along = points.reduce((sum, { at, seconds }) => sum + (at - x) * (seconds - y), 0);
  const square = points.reduce((sum, { at }) => sum + (at - x) ** 2, 0);
  return { axis, points, secondsPerUnit: square === 0 ? 0 : along / square };
}
