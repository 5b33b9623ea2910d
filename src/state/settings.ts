/** The settings as they stand in the page: always a valid config; what is refused is told and not kept. */
import { createStore } from 'zustand/vanilla';
import { applyOverrides, differences, OverridesError } from '../config/overrides.ts';
import {
  FIRST_PRESET,
  isPresetName,
  PRESETS,
  type PresetName,
  presetConfig,
  presetNames,
} from '../config/presets.ts';
import { defaultConfig, type RunConfig, type RunOverrides } from '../config/schema.ts';

export type SettingsGroup = keyof RunConfig;

export interface Refusal {
  /** "group.key" of the setting that was changed; a preset's name where one was applied. */
  path: string;
  /** The value that was refused. */
  value: unknown;
  message: string;
}

export interface SettingsState {
  config: RunConfig;
  /** The preset whose settings these are, apart from the images and the seed; null when none. */
  preset: PresetName | null;
  refusal: Refusal | null;
  /** What was wrong with the address the page was opened with; null once dismissed. */
  hashProblem: string | null;
}

const first = presetConfig(FIRST_PRESET);

export const settingsStore = createStore<SettingsState>(() => ({
  config: first,
  preset: FIRST_PRESET,
  refusal: null,
  hashProblem: null,
}));

/** Changes one setting. Returns whether it was taken; if not, `refusal` says why. */
export function setSetting(group: SettingsGroup, key: string, value: unknown): boolean {
  return take({ [group]: { [key]: value } }, `${group}.${key}`, value);
}

/** Changes many settings at once, all or none. */
export function changeSettings(overrides: RunOverrides): boolean {
  return take(overrides, Object.keys(overrides).join(', '), overrides);
}

/** Takes a preset over the paper's defaults; the images and the seed stay as they are. */
export function applyPreset(name: string): boolean {
  if (!isPresetName(name)) {
    refuse(name, name, `There is no preset '${name}': take one of ${presetNames().join(', ')}.`);
    return false;
  }
  const { data, training } = settingsStore.getState().config;
  const base = {
    ...defaultConfig,
    data,
    training: { ...defaultConfig.training, seed: training.seed },
  };
  setConfig(applyOverrides(base, PRESETS[name].overrides));
  return true;
}

/** Back to what the page opens with; the images stay. */
export function resetSettings(): void {
  applyPreset(FIRST_PRESET);
}

/** Takes a config as it is; one that says the same as before changes nothing. */
export function setConfig(next: RunConfig): void {
  const before = settingsStore.getState().config;
  const config = differences(next, before).length === 0 ? before : next;
  settingsStore.setState({ config, preset: presetApartFromImages(config), refusal: null });
}

export function dismissRefusal(): void {
  settingsStore.setState({ refusal: null });
}

export function reportHashProblem(problem: string | null): void {
  settingsStore.setState({ hashProblem: problem });
}

/** The preset whose settings these are, not looking at the images and the seed. */
export function presetApartFromImages(config: RunConfig): PresetName | null {
  const same = (name: PresetName) =>
    differences(config, presetConfig(name)).every(
      ([group, key]) => group === 'data' || (group === 'training' && key === 'seed'),
    );
  return presetNames().find(same) ?? null;
}

function take(overrides: RunOverrides | Record<string, object>, path: string, value: unknown): boolean {
  try {
    setConfig(applyOverrides(settingsStore.getState().config, overrides));
    return true;
  } catch (error) {
    if (!(error instanceof OverridesError)) throw error;
    const issue = error.issues.find((each) => each.path === path) ?? error.issues[0];
    refuse(path, value, issue?.message ?? error.message);
    return false;
  }
}

function refuse(path: string, value: unknown, message: string): void {
  settingsStore.setState({ refusal: { path, value, message } });
}
