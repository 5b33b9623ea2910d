/** The text of the settings: one field a setting, and controls that the schema accepts. */
import { describe, expect, it } from 'vitest';
import { FIELDS, GROUPS, valueIn } from '../../../src/config/fields.ts';
import { leavesOf } from '../../../src/config/overrides.ts';
import { presetConfig, presetNames } from '../../../src/config/presets.ts';
import { defaultConfig, runConfigSchema } from '../../../src/config/schema.ts';

const paths = FIELDS.map(({ group, key }) => `${group}.${key}`);

function accepts(group: string, key: string, value: unknown): boolean {
  const issues = runConfigSchema.safeParse({ [group]: { [key]: value } }).error?.issues ?? [];
  return issues.every(({ code }) => code === 'custom');
}

describe('fields', () => {
  it('cover every setting of the schema exactly once', () => {
    const leaves = leavesOf(defaultConfig).map(([group, key]) => `${group}.${key}`);
    expect([...paths].sort()).toEqual([...leaves].sort());
    expect(new Set(paths).size).toBe(paths.length);
    expect(GROUPS.map(({ id }) => id).sort()).toEqual(Object.keys(defaultConfig).sort());
  });

  it.each(FIELDS.map((field) => [`${field.group}.${field.key}`, field] as const))(
    '%s is told in one sentence and offers what the schema takes',
    (_, { group, key, label, sentence, paper, control }) => {
      expect(label).not.toBe('');
      expect(paper).not.toBe('');
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(sentence).not.toMatch(/[.!?] [A-Z]/);
      expect(sentence.length).toBeLessThanOrEqual(125);
      if (control.kind === 'number') {
        expect(accepts(group, key, control.min), `min ${control.min}`).toBe(true);
        if (control.max !== null) {
          expect(accepts(group, key, control.max), `max ${control.max}`).toBe(true);
          expect(accepts(group, key, control.max * 1.01 + 1), 'above max').toBe(false);
        }
        expect(accepts(group, key, control.min + 0.5)).toBe(!control.integer);
        expect(accepts(group, key, null)).toBe(control.none !== null);
      } else if (control.kind === 'choice') {
        expect(control.options.length).toBeGreaterThan(1);
        for (const { value } of control.options) expect(accepts(group, key, value), value).toBe(true);
        expect(accepts(group, key, 'something else')).toBe(false);
      } else if (control.kind === 'switch') {
        expect(accepts(group, key, true) && accepts(group, key, false)).toBe(true);
      } else {
        expect(accepts(group, key, 'x'.repeat(control.maxLength))).toBe(true);
        expect(accepts(group, key, 'x'.repeat(control.maxLength + 1))).toBe(false);
      }
    },
  );

  it.each(presetNames())('can show every value of %s', (name) => {
    const config = presetConfig(name);
    for (const field of FIELDS) {
      const value = valueIn(config, field);
      const { control } = field;
      if (control.kind === 'number' && typeof value === 'number') {
        expect(value, `${field.group}.${field.key}`).toBeGreaterThanOrEqual(control.min);
        if (control.max !== null) expect(value).toBeLessThanOrEqual(control.max);
      }
    }
  });

  it('label fields of a group apart', () => {
    for (const { id } of GROUPS) {
      const labels = FIELDS.filter(({ group }) => group === id).map(({ label }) => label);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });
});
