/** Settings out and in: as a file of ours, and under the recipe's key names; what is not taken is told. */
import { describe, expect, it } from 'vitest';
import { readDocument, SettingsTextError, yamlText } from '../../../src/client/settings-text.ts';
import { applyOverrides, leavesOf } from '../../../src/config/overrides.ts';
import { presetConfig, presetNames } from '../../../src/config/presets.ts';
import { isRecipe, readRecipe, recipeOf } from '../../../src/config/recipe-file.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import { isGrouped, readGroups, settingsJson } from '../../../src/config/settings-file.ts';

const documentOf = (text: string) => readDocument(new Blob([text]));

/** The recipe's own file, with its key names. */
const RECIPE = `
backbone: vit_small_patch16_224
mlp_layers: 3
hidden_dim: 2048
bottleneck_dim: 256
k_dim: 65536
base_teacher_momentum: 0.996
final_teacher_momentum: 1.0
base_weight_decay: 0.04
final_weight_decay: 0.4
warmup_epochs_lr: 10
warmup_start_lr: 0.0
final_lr: 1e-6
student_temp: 0.1
warmup_teacher_epochs: 0
warmup_teacher_temp: 0.04
final_teacher_temp: 0.04
global_scale_min: 0.4
global_scale_max: 1.0
local_scale_min: 0.05
local_scale_max: 0.4
num_local_crops: 10
batch_size: 1024
center_momentum: 0.9
seed: 42
epochs: 100
experiment_num: 3
`;

describe('settings as JSON', () => {
  it.each(presetNames())('of the preset %s come back as they were', async (name) => {
    const config = presetConfig(name);
    const document = await documentOf(settingsJson(config, '1.0'));
    expect(isGrouped(document)).toBe(true);
    const reading = readGroups(document, defaultConfig);
    expect(reading).toMatchObject({ config, unknown: [], refused: [] });
    expect(reading.taken).toHaveLength(leavesOf(config).length);
  });

  it('may be some of them, of a summary’s config, or of YAML', async () => {
    const some = readGroups(await documentOf('loss:\n  teacherTemp: 0.05\n'), presetConfig('nano'));
    expect(some.config).toEqual(applyOverrides(presetConfig('nano'), { loss: { teacherTemp: 0.05 } }));
    const summary = { type: 'summary', steps: 3, config: { training: { seed: 7 } } };
    expect(readGroups(await documentOf(JSON.stringify(summary)), defaultConfig).config.training.seed).toBe(7);
  });

  it('tell of every key that is not taken, and why', async () => {
    const text =
      '{"settings":{"loss":{"teacherTemp":"warm","studentTemp":0.2,"centring":true},"__proto__":{"a":1},"heads":3,"training":{"epochs":[1]}}}';
    const reading = readGroups(await documentOf(text), defaultConfig);
    expect(reading.taken).toEqual([{ key: 'loss.studentTemp', setting: 'loss.studentTemp', value: 0.2 }]);
    expect(reading.unknown).toEqual(['loss.centring', '__proto__', 'heads']);
    expect(reading.refused.map(({ key, value }) => [key, value])).toEqual([
      ['loss.teacherTemp', 'warm'],
      ['training.epochs', '[1]'],
    ]);
    expect(reading.refused[0]?.reason).toBe('a number is needed');
  });

  it('that go together only with one another are taken together, and those that do not are not', async () => {
    const fine = readGroups(await documentOf('{"backbone":{"dim":100,"heads":5}}'), defaultConfig);
    expect(fine.config.backbone).toMatchObject({ dim: 100, heads: 5 });
    const odd = readGroups(
      await documentOf('{"backbone":{"dim":100,"heads":3},"loss":{"studentTemp":0.3}}'),
      defaultConfig,
    );
    expect(odd.config).toEqual(defaultConfig);
    expect(odd.refused.map(({ key }) => key)).toEqual(['backbone.dim', 'backbone.heads', 'loss.studentTemp']);
    expect(odd.refused[0]?.reason).toMatch(/100 is not a multiple of 3/);
  });
});

describe('settings under the recipe’s key names', () => {
  it('are those of the preset that was made of it', async () => {
    const document = await documentOf(RECIPE);
    expect([isGrouped(document), isRecipe(document)]).toEqual([false, true]);
    const { config, unknown, refused, taken } = readRecipe(document, presetConfig('lightning-imagenet'));
    expect(config).toEqual(presetConfig('lightning-imagenet'));
    expect({ unknown, refused }).toEqual({ unknown: ['experiment_num'], refused: [] });
    expect(new Set(taken.map(({ key }) => key)).size).toBe(25);
  });

  it('come back as they were, and tell which settings have no key', async () => {
    const config = presetConfig('lightning-imagenet');
    const { keys, untold } = recipeOf(config);
    expect(keys.map(([key]) => key)).toEqual(
      RECIPE.match(/^\w+/gm)?.filter((key) => key !== 'experiment_num'),
    );
    expect(untold).toEqual([]);
    const text = await yamlText(keys, ['A comment: with "signs"']);
    expect(readRecipe(await documentOf(text), defaultConfig).config).toEqual(config);

    const nano = recipeOf(presetConfig('nano'));
    expect(nano.untold).toEqual(
      expect.arrayContaining(['backbone.dim', 'views.globalSize', 'training.steps']),
    );
    expect(nano.keys.some(([key]) => key === 'backbone' || key === 'epochs')).toBe(false);
    const again = readRecipe(await documentOf(await yamlText(nano.keys, [])), defaultConfig).config;
    expect(again.head.prototypes).toBe(presetConfig('nano').head.prototypes);
  });

  it.each([
    ['vit_base_patch8', { dim: 768, heads: 12, patchSize: 8, architecture: 'vit' }],
    ['vit_tiny', { dim: 192, heads: 3, patchSize: 16 }],
    ['deit-small/8', { dim: 384, patchSize: 8 }],
    ['resnet18', { architecture: 'resnet18' }],
  ])('know the backbone %s', (name, wanted) => {
    expect(readRecipe(new Map([['backbone', name]]), defaultConfig).config.backbone).toMatchObject(wanted);
  });

  it('refuse a backbone that is not built here, and count epochs instead of steps', () => {
    const reading = readRecipe(
      new Map<string, unknown>([
        ['backbone', 'swin_t'],
        ['epochs', 5],
      ]),
      presetConfig('nano'),
    );
    expect(reading.refused).toEqual([
      { key: 'backbone', value: 'swin_t', reason: expect.stringMatching(/vit_small/) },
    ]);
    expect(reading.config.training).toMatchObject({ epochs: 5, steps: null });
  });
});

describe('a file that holds no settings', () => {
  it.each([
    ['', /no keys/],
    ['[1, 2]', /no keys/],
    ['only words', /no keys/],
    ['a: 1\na: 2\n', /unique|twice|duplicate/i],
    ['a: [1', /./],
    [`a: &x [1,1]\nb: &y [${'*x,'.repeat(50)}*x]\nc: [${'*y,'.repeat(50)}*y]\n`, /alias/i],
    ['x'.repeat(300_000), /293 KiB/],
  ])('ends in a sentence: %#', async (text, why) => {
    const outcome = documentOf(text);
    await expect(outcome).rejects.toThrow(SettingsTextError);
    await expect(outcome).rejects.toThrow(why);
  });
});
