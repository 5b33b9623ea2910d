/** What a fork may change: everything that leaves the shapes and the images as they are. */
import { describe, expect, it } from 'vitest';
import { FIELDS, valueIn } from '../../../src/config/fields.ts';
import { fixedReason, forkRefusal, namedDifferences } from '../../../src/config/forks.ts';
import { applyOverrides, OverridesError } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import type { RunConfig } from '../../../src/config/schema.ts';
import { networkSpec } from '../../../src/model/specs.ts';
import { networkShape } from '../../../src/trainer/run-settings.ts';

const parent = presetConfig('samples');

/** The parent with one setting changed to something else that is valid, where the guesses find one. */
function changed(field: (typeof FIELDS)[number]): RunConfig | null {
  const value = valueIn(parent, field);
  const { control } = field;
  const options = control.kind === 'choice' ? control.options.map((option) => option.value) : [];
  const numbers = typeof value === 'number' ? [value * 2, value / 2, value + 1, value - 1] : [1, 2, 0.5];
  for (const guess of [!value, ...options, ...numbers, 'x'])
    try {
      const config = applyOverrides(parent, { [field.group]: { [field.key]: guess } });
      if (valueIn(config, field) !== value) return config;
    } catch (error) {
      if (!(error instanceof OverridesError)) throw error;
    }
  return null;
}

const shapesOf = (config: RunConfig) => {
  const { parameters, buffers } = networkSpec(networkShape(config));
  return [...parameters, ...buffers].map(({ name, shape }) => `${name} ${shape}`);
};

describe('a fork', () => {
  it('is refused for every setting that changes a shape, and says which and why', () => {
    const reshaping = FIELDS.filter((field) => {
      const config = changed(field);
      return config && shapesOf(config).join() !== shapesOf(parent).join();
    });
    expect(reshaping.map(({ group, key }) => `${group}.${key}`)).toEqual(
      expect.arrayContaining(['backbone.dim', 'head.prototypes', 'views.globalSize', 'head.batchNorm']),
    );
    for (const field of reshaping) {
      expect(fixedReason(field.group, field.key)).not.toBeNull();
      expect(forkRefusal(changed(field) ?? parent, parent)).toContain(field.label);
    }
  });

  it('may change the loss, the teacher, the optimizer, the augmentation and the local views', () => {
    const free = FIELDS.filter(({ group, key }) => fixedReason(group, key) === null);
    const groups = new Set(free.map(({ group }) => group));
    expect(groups).toEqual(
      new Set([
        'training',
        'views',
        'augment',
        'backbone',
        'head',
        'loss',
        'teacher',
        'optimizer',
        'data',
        'evaluation',
      ]),
    );
    for (const field of free) {
      const config = changed(field);
      if (config && config.optimizer.kind !== 'sgd') expect(forkRefusal(config, parent)).toBeNull();
    }
  });

  it('may have another batch', () => {
    expect(fixedReason('training', 'batchSize')).toBeNull();
    expect(forkRefusal(applyOverrides(parent, { training: { batchSize: 8 } }), parent)).toBeNull();
  });

  it('is refused from Adam to SGD, whose moments are others', () => {
    expect(forkRefusal(applyOverrides(parent, { optimizer: { kind: 'sgd' } }), parent)).toMatch(/SGD/);
    expect(forkRefusal(applyOverrides(parent, { optimizer: { kind: 'adam' } }), parent)).toBeNull();
  });
});

it('names what differs as the settings panel does', () => {
  const child = applyOverrides(parent, { loss: { centering: false }, optimizer: { clip: 'off' } });
  expect(namedDifferences(child, parent)).toMatchObject([
    { label: 'Centering', from: 'on', to: 'off' },
    { key: 'clip', from: expect.any(String), to: expect.any(String) },
  ]);
  expect(namedDifferences(parent, parent)).toEqual([]);
});
