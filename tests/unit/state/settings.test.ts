/** Settings are always valid: what is refused is told and not kept. */
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../../src/config/presets.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import {
  applyPreset,
  changeSettings,
  resetSettings,
  setConfig,
  setSetting,
  settingsStore,
} from '../../../src/state/settings.ts';
import { freshStores } from './stores.ts';

beforeEach(freshStores);

const config = () => settingsStore.getState().config;

describe('settings', () => {
  it('open with the first preset', () => {
    expect(config()).toEqual(presetConfig('samples'));
    expect(settingsStore.getState().preset).toBe('samples');
  });

  it('take a valid value and leave the preset', () => {
    expect(setSetting('optimizer', 'lr', 2e-3)).toBe(true);
    expect(config().optimizer.lr).toBe(2e-3);
    expect(settingsStore.getState().preset).toBeNull();
    setSetting('optimizer', 'lr', 1e-3);
    expect(settingsStore.getState().preset).toBe('samples');
  });

  it('refuse what is out of range, naming the setting, and keep the old value', () => {
    expect(setSetting('training', 'batchSize', 0)).toBe(false);
    expect(config().training.batchSize).toBe(16);
    const { refusal } = settingsStore.getState();
    expect(refusal).toMatchObject({ path: 'training.batchSize', value: 0 });
    expect(refusal?.message).not.toBe('');
  });

  it('refuse what does not fit another setting, with the reason', () => {
    expect(setSetting('backbone', 'heads', 5)).toBe(false);
    expect(settingsStore.getState().refusal?.message).toContain('not a multiple of 5 heads');
    expect(config().backbone.heads).toBe(3);
  });

  it('refuse text where a number belongs, and unknown settings', () => {
    expect(setSetting('training', 'seed', 'soon')).toBe(false);
    expect(setSetting('training', 'nonsense', 1)).toBe(false);
    expect(config()).toEqual(presetConfig('samples'));
  });

  it('forget a refusal once a value is taken', () => {
    setSetting('training', 'batchSize', 0);
    setSetting('training', 'batchSize', 8);
    expect(settingsStore.getState().refusal).toBeNull();
  });

  it('change many at once, all or none', () => {
    expect(changeSettings({ views: { globalSize: 64 }, backbone: { patchSize: 7 } })).toBe(false);
    expect(config()).toEqual(presetConfig('samples'));
    expect(changeSettings({ views: { globalSize: 64 }, backbone: { patchSize: 8 } })).toBe(true);
    expect(config().views.globalSize).toBe(64);
  });

  it('keep images and seed when a preset is taken, and know it still', () => {
    setSetting('data', 'source', 'own');
    setSetting('training', 'seed', 7);
    expect(settingsStore.getState().preset).toBe('samples');
    applyPreset('nano');
    expect(config().data.source).toBe('own');
    expect(config().training.seed).toBe(7);
    expect(settingsStore.getState().preset).toBe('nano');
    resetSettings();
    expect(settingsStore.getState().preset).toBe('samples');
  });

  it('refuse a preset that does not exist', () => {
    expect(applyPreset('enormous')).toBe(false);
    expect(settingsStore.getState().refusal?.message).toContain('enormous');
  });

  it('keep the very same config when nothing changed', () => {
    const before = config();
    setConfig(structuredClone(before));
    expect(config()).toBe(before);
    setConfig(defaultConfig);
    expect(config()).not.toBe(before);
  });
});
