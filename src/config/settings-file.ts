/** Settings as a file of ours, group by group, and back: what is taken, what is unknown, what is refused. */
import { applyOverrides, type LeafValue, leavesOf, OverridesError } from './overrides.ts';
import { defaultConfig, type RunConfig, type RunOverrides } from './schema.ts';
import { leafIssue } from './url.ts';

const FORMAT = 'dino-playground-settings/1';

/** What reading settings has come to. Nothing is passed over: every key of the file is in one of the lists. */
export interface SettingsReading {
  /** The base with all that was taken. */
  config: RunConfig;
  /** By the file's own keys. */
  taken: { key: string; setting: string; value: LeafValue }[];
  /** Keys that have no counterpart here. */
  unknown: string[];
  refused: { key: string; value: string; reason: string }[];
}

/** Every setting, as JSON. */
export function settingsJson(config: RunConfig, version: string): string {
  return `${JSON.stringify({ format: FORMAT, version, settings: config }, null, 2)}\n`;
}

/** A value for a setting, as a key of a file wants it. */
export interface Wanted {
  /** The file's key. */
  key: string;
  group: string;
  name: string;
  value: unknown;
}

const groups = new Map<string, Set<string>>();
for (const [group, name] of leavesOf(defaultConfig))
  groups.set(group, (groups.get(group) ?? new Set()).add(name));

/** Whether a document has settings by group, as ours, rather than the flat keys of a recipe. */
export const isGrouped = (document: ReadonlyMap<string, unknown>): boolean =>
  [...document].some(
    ([key, value]) => mapOf(value) !== null && (key === 'settings' || key === 'config' || groups.has(key)),
  );

/**
 * Reads settings by group, laid over `base`; some of them are enough. They may lie within "settings", as in our files, or
 * "config", as in the metrics of a run.
 */
export function readGroups(document: ReadonlyMap<string, unknown>, base: RunConfig): SettingsReading {
  const about = ['format', 'version', 'type'];
  const within = mapOf(document.get('settings')) ?? mapOf(document.get('config'));
  const content = within ?? new Map([...document].filter(([key]) => !about.includes(key)));
  const wanted: Wanted[] = [];
  const unknown: string[] = [];
  for (const [group, values] of content) {
    const inner = mapOf(values);
    if (!groups.has(group) || !inner) unknown.push(group);
    else
      for (const [name, value] of inner) {
        const key = `${group}.${name}`;
        if (groups.get(group)?.has(name)) wanted.push({ key, group, name, value });
        else unknown.push(key);
      }
  }
  return readWanted(wanted, unknown, base);
}

/** An object of a document by its own keys, "__proto__" among them; null for anything else. */
export function mapOf(value: unknown): Map<string, unknown> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return new Map(Object.entries(value));
}

/** Takes what the schema allows: each value by itself, then all together. */
export function readWanted(
  wanted: readonly Wanted[],
  unknown: readonly string[],
  base: RunConfig,
): SettingsReading {
  const refused: SettingsReading['refused'] = [];
  const good: (Wanted & { value: LeafValue })[] = [];
  for (const each of wanted) {
    const { key, group, name, value } = each;
    const reason = isLeaf(value) ? leafIssue(group, name, value) : 'a number, a switch or a word is needed';
    if (reason === null && isLeaf(value)) good.push({ ...each, value });
    else refused.push({ key, value: shown(value), reason: reason ?? '' });
  }
  try {
    const config = applyOverrides(base, ...good.map(overrideOf));
    const taken = good.map(({ key, group, name, value }) => ({ key, setting: `${group}.${name}`, value }));
    return { config, taken, unknown: [...unknown], refused };
  } catch (error) {
    if (!(error instanceof OverridesError)) throw error;
    // Each by itself is a value of its setting, but they do not go together: then none is taken.
    const reason = error.issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return {
      config: base,
      taken: [],
      unknown: [...unknown],
      refused: [...refused, ...good.map(({ key, value }) => ({ key, value: shown(value), reason }))],
    };
  }
}

const overrideOf = ({
  group,
  name,
  value,
}: {
  group: string;
  name: string;
  value: LeafValue;
}): RunOverrides => ({
  [group]: { [name]: value },
});

const isLeaf = (value: unknown): value is LeafValue =>
  value === null || ['number', 'string', 'boolean'].includes(typeof value);

/** Long values cut short for a report. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
