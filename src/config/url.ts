/** A config as the hash of an address, and back: `#preset=nano&training.seed=3`. */
import type { z } from 'zod';
import { applyOverrides, differences, type LeafValue, leavesOf, OverridesError } from './overrides.ts';
import { FIRST_PRESET, isPresetName, type PresetName, presetConfig, presetNames } from './presets.ts';
import { defaultConfig, type RunConfig, runConfigSchema } from './schema.ts';

/** How null is written: "no bottleneck", "no fixed number of steps". */
const NONE = 'none';

export interface Decoded {
  config: RunConfig;
  /** The preset that the config is, unchanged; null where something differs from it. */
  preset: PresetName | null;
  /** What was wrong, in words; the config is then the page's first. */
  problem: string | null;
}

/**
 * The hash without its '#': the preset that needs the fewest changes, and those changes. Empty for the config that the
 * page opens with.
 */
export function encodeConfig(config: RunConfig): string {
  const { name, changes } = nearestPreset(config);
  const parts = changes.map(([group, key, value]) => `${group}.${key}=${written(value)}`);
  if (name === FIRST_PRESET && parts.length === 0) return '';
  return [`preset=${name}`, ...parts].join('&');
}

/** The preset that a config is exactly, or null. */
export function presetOf(config: RunConfig): PresetName | null {
  const { name, changes } = nearestPreset(config);
  return changes.length === 0 ? name : null;
}

/**
 * Reads a hash, with or without its '#'. Without `preset=` the changes are laid over the page's first preset. Never
 * throws: a hash that cannot be read is ignored as a whole and `problem` says which part and why.
 */
export function decodeHash(hash: string): Decoded {
  const text = hash.startsWith('#') ? hash.slice(1) : hash;
  try {
    const config = read(text);
    return { config, preset: presetOf(config), problem: null };
  } catch (error) {
    if (!(error instanceof HashError)) throw error;
    return {
      config: presetConfig(FIRST_PRESET),
      preset: FIRST_PRESET,
      problem: `The settings in the address were ignored: ${error.message}.`,
    };
  }
}

class HashError extends Error {
  override name = 'HashError';
}

/** Throws HashError. */
function read(text: string): RunConfig {
  let preset: PresetName = FIRST_PRESET;
  const changes: Record<string, Record<string, LeafValue>> = {};
  const seen = new Set<string>();
  for (const part of text.split('&').filter((piece) => piece !== '')) {
    const equals = part.indexOf('=');
    if (equals < 0) throw new HashError(`“${shown(part)}” is not of the form name=value`);
    const name = unescaped(part.slice(0, equals), part);
    const value = unescaped(part.slice(equals + 1), part);
    if (seen.has(name)) throw new HashError(`“${shown(name)}” is given twice`);
    seen.add(name);
    if (name === 'preset') {
      if (!isPresetName(value)) throw new HashError(`there is no preset “${shown(value)}”`);
      preset = value;
      continue;
    }
    const leaf = leavesOf(defaultConfig).find(([group, key]) => name === `${group}.${key}`);
    if (!leaf) throw new HashError(`there is no setting “${shown(name)}”`);
    const [group, key] = leaf;
    changes[group] = { ...changes[group], [key]: readingOf(group, key, value) };
  }
  try {
    return applyOverrides(presetConfig(preset), changes);
  } catch (error) {
    if (!(error instanceof OverridesError)) throw error;
    const [issue] = error.issues;
    throw new HashError(issue ? `${issue.path}: ${issue.message}` : error.message);
  }
}

/** What a value in the hash stands for: the first of number, switch, none and plain text that the setting takes. */
function readingOf(group: string, key: string, text: string): LeafValue {
  const readings: LeafValue[] = [text];
  if (/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) readings.unshift(Number(text));
  if (text === 'true' || text === 'false') readings.unshift(text === 'true');
  if (text === NONE) readings.unshift(null);
  const [first] = readings;
  const taken = readings.find((reading) => leafIssue(group, key, reading) === null);
  if (taken !== undefined) return taken;
  throw new HashError(
    `${group}.${key} cannot be “${shown(text)}” (${leafIssue(group, key, first ?? null) ?? 'not a value of this setting'})`,
  );
}

/** What the schema has against this value of this setting by itself, or null. */
export function leafIssue(group: string, key: string, value: LeafValue): string | null {
  const parsed = runConfigSchema.safeParse({ [group]: { [key]: value } });
  const issue = parsed.error?.issues.find(
    ({ path, code }) => code !== 'custom' && path[0] === group && path[1] === key,
  );
  return issue ? inWords(issue) : null;
}

function inWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'boolean') return 'true or false is needed';
      return issue.expected === 'int' ? 'a whole number is needed' : `a ${issue.expected} is needed`;
    case 'too_small':
      return `it must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `it must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')} is needed`;
    default:
      return issue.message;
  }
}

function nearestPreset(config: RunConfig) {
  return presetNames()
    .map((name) => ({ name, changes: differences(config, presetConfig(name)) }))
    .reduce((best, next) => (next.changes.length < best.changes.length ? next : best));
}

function written(value: LeafValue): string {
  return value === null ? NONE : encodeURIComponent(String(value));
}

/** Throws HashError. */
function unescaped(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new HashError(`“${shown(part)}” holds a broken % code`);
  }
}

/** Long or odd text cut short for a message. */
function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
