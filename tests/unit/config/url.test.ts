/** Config ↔ hash: readable, complete, and forgiving of what people type. */
import { describe, expect, it } from 'vitest';
import { FIELDS, type Field } from '../../../src/config/fields.ts';
import { applyOverrides, OverridesError } from '../../../src/config/overrides.ts';
import { presetConfig, presetNames } from '../../../src/config/presets.ts';
import { defaultConfig, type RunConfig } from '../../../src/config/schema.ts';
import { decodeHash, encodeConfig } from '../../../src/config/url.ts';
import { PURPOSE, type Rng, rng } from '../../../src/core/rng.ts';

function pick<T>(random: Rng, values: readonly T[]): T {
  const value = values[random.below(values.length)];
  if (value === undefined) throw new RangeError('nothing to pick from');
  return value;
}

const AWKWARD = ['_', '&', '=', '%', '#', ' ', '+', '1', 'none', 'true', 'é/?', '☃'];

function draw(random: Rng, { control }: Field): number | string | boolean | null {
  switch (control.kind) {
    case 'switch':
      return random.uniform() < 0.5;
    case 'choice':
      return pick(random, control.options).value;
    case 'text':
      return pick(random, AWKWARD);
    case 'number': {
      if (control.none !== null && random.uniform() < 0.3) return null;
      const value = random.between(control.min, Math.min(control.max ?? 100, 5000));
      return control.integer ? Math.round(value) : value;
    }
  }
}

/** A preset with some settings drawn at random; draws that contradict each other are drawn again. */
function randomConfig(random: Rng): RunConfig {
  for (;;) {
    const base = presetConfig(pick(random, presetNames()));
    const changes: Record<string, Record<string, number | string | boolean | null>> = {};
    for (let i = random.below(12); i > 0; i--) {
      const field = pick(random, FIELDS);
      changes[field.group] = { ...changes[field.group], [field.key]: draw(random, field) };
    }
    try {
      return applyOverrides(base, changes);
    } catch (error) {
      if (!(error instanceof OverridesError)) throw error;
    }
  }
}

describe('the hash', () => {
  it('is empty for what the page opens with', () => {
    expect(encodeConfig(presetConfig('samples'))).toBe('');
    expect(decodeHash('')).toEqual({ config: presetConfig('samples'), preset: 'samples', problem: null });
    expect(decodeHash('#')).toEqual(decodeHash(''));
  });

  it('names a preset and what differs from it', () => {
    const config = applyOverrides(presetConfig('nano'), {
      head: { prototypes: 128, bottleneck: null },
      training: { seed: 3 },
    });
    expect(encodeConfig(config)).toBe('preset=nano&head.bottleneck=none&head.prototypes=128&training.seed=3');
    expect(encodeConfig(presetConfig('small'))).toBe('preset=small');
    expect(encodeConfig(defaultConfig)).toBe('preset=vit-small');
  });

  it('reads what a person types', () => {
    expect(decodeHash('#preset=nano&training.seed=3')).toEqual({
      config: applyOverrides(presetConfig('nano'), { training: { seed: 3 } }),
      preset: null,
      problem: null,
    });
    expect(decodeHash('#training.seed=7').config).toEqual(
      applyOverrides(presetConfig('samples'), { training: { seed: 7 } }),
    );
    expect(decodeHash('#loss.centering=false&optimizer.lr=1e-4&preset=small').config).toEqual(
      applyOverrides(presetConfig('small'), { loss: { centering: false }, optimizer: { lr: 1e-4 } }),
    );
    expect(decodeHash('#preset=tutorial-faces').preset).toBe('tutorial-faces');
  });

  it('holds 500 random configs unchanged', () => {
    const random = rng(20, PURPOSE.evaluation);
    for (let i = 0; i < 500; i++) {
      const config = randomConfig(random);
      const hash = encodeConfig(config);
      const decoded = decodeHash(`#${hash}`);
      expect(decoded.problem, hash).toBeNull();
      expect(decoded.config, hash).toEqual(config);
      expect(hash).toMatch(/^[\w.=&%!~*'()-]*$/);
    }
  });

  it.each([
    ['#preset=huge', /no preset “huge”/],
    ['#preset=__proto__', /no preset/],
    ['#head.prototype=128', /no setting “head\.prototype”/],
    ['#__proto__.x=1', /no setting/],
    ['#constructor.name=1', /no setting/],
    ['#head=3', /no setting “head”/],
    ['#head.prototypes=many', /head\.prototypes cannot be “many” \(a number is needed\)/],
    ['#head.prototypes=', /head\.prototypes cannot be “”/],
    ['#head.prototypes=1.5', /head\.prototypes cannot be “1\.5” \(a whole number is needed\)/],
    ['#head.prototypes=1000000', /head\.prototypes cannot be “1000000” \(it must be at most 262144\)/],
    ['#head.prototypes=none', /head\.prototypes cannot be “none”/],
    ['#optimizer.lr=-1', /optimizer\.lr cannot be “-1” \(it must be more than 0\)/],
    ['#optimizer.lr=NaN', /optimizer\.lr cannot be/],
    ['#optimizer.clip=maybe', /optimizer\.clip cannot be “maybe” \(one of tensor, global, off is needed\)/],
    ['#loss.centering=0', /loss\.centering cannot be “0” \(true or false is needed\)/],
    ['#backbone.heads=5', /backbone\.heads: dim 96 is not a multiple of 5 heads/],
    ['#training.seed=1&training.seed=2', /training\.seed” is given twice/],
    ['#hello', /“hello” is not of the form name=value/],
    ['#data.labelSeparator=%E0%A4%A', /broken % code/],
    [`#${'x'.repeat(100_000)}=1`, /no setting “x{40}…”/],
  ] as const)('ignores a bad hash and says which part is wrong: case %#', (hash, message) => {
    const { config, preset, problem } = decodeHash(hash);
    expect(problem).toMatch(message);
    expect(config).toEqual(presetConfig('samples'));
    expect(preset).toBe('samples');
  });

  it('never throws, whatever it is given', () => {
    const random = rng(21, PURPOSE.evaluation);
    const alphabet = 'abc.=&%#+0123456789-eE_ \u0000é☃presetnanohead.prototypes';
    for (let i = 0; i < 3000; i++) {
      const text = Array.from(
        { length: random.below(40) },
        () => alphabet[random.below(alphabet.length)],
      ).join('');
      expect(() => decodeHash(text)).not.toThrow();
    }
  });
});
