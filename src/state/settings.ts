/** The settings as they stand in the page: always a valid config; what is refused is told and not kept. */
import { createStore } from 'zustand/vanilla';
import { defaultConfig, type RunConfig, type RunOverrides, runConfigSchema } from '../config/schema.ts';

export type SettingsGroup = keyof RunConfig;

export interface Refusal {
  /** "group.key" of the setting that was changed. */
  path: string;
  /** The value that was refused. */
  value: unknown;
  message: string;
}

export interface SettingsState {
  config: RunConfig;
  /** Preset last applied and not changed since, by name. */
  preset: string | null;
  refusal: Refusal | null;
  /** What was wrong with the address the page was opened with; null once dismissed. */
  hashProblem: string | null;
}

export const settingsStore = createStore<SettingsState>(() => ({
  config: defaultConfig,
  preset: null,
  refusal: null,
  hashProblem: null,
}));

/** Changes one setting. Returns whether it was taken; if not, `refusal` says why. */
export function setSetting(group: SettingsGroup, key: string, value: unknown): boolean {
  return merge({ [group]: { [key]: value } }, `${group}.${key}`, value, null);
}

/** Changes many settings at once, all or none. */
export function applyOverrides(overrides: RunOverrides, preset: string | null = null): boolean {
  return merge(overrides, 'overrides', overrides, preset);
}

/** Takes a config as it is. */
export function setConfig(config: RunConfig, preset: string | null): void {
  settingsStore.setState({ config, preset, refusal: null });
}

export function dismissRefusal(): void {
  settingsStore.setState({ refusal: null });
}

export function dismissHashProblem(): void {
  settingsStore.setState({ hashProblem: null });
}

function merge(
  overrides: { [group: string]: object },
  path: string,
  value: unknown,
  preset: string | null,
): boolean {
  const { config } = settingsStore.getState();
  const merged: Record<string, unknown> = { ...config };
  for (const [group, values] of Object.entries(overrides)) {
    const before = merged[group];
    merged[group] = { ...(typeof before === 'object' ? before : {}), ...values };
  }
  const parsed = runConfigSchema.safeParse(merged);
  if (parsed.success) {
    settingsStore.setState({ config: parsed.data, preset, refusal: null });
    return true;
  }
  const issue = parsed.error.issues[0];
  settingsStore.setState({ refusal: { path, value, message: issue?.message ?? 'not a valid value' } });
  return false;
}
