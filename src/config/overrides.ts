/** Lays overrides over a config, and finds the settings in which two configs differ. */
import { type RunConfig, type RunOverrides, runConfigSchema } from './schema.ts';

/** Overrides that do not make a valid config; `issues` names each setting and what is wrong with it. */
export class OverridesError extends Error {
  override name = 'OverridesError';
  readonly issues: { path: string; message: string }[];
  constructor(issues: { path: string; message: string }[]) {
    super(issues.map(({ path, message }) => `${path}: ${message}`).join('; '));
    this.issues = issues;
  }
}

/** The base with each of the overrides laid over it in turn. Throws OverridesError. */
export function applyOverrides(base: RunConfig, ...overrides: RunOverrides[]): RunConfig {
  const merged: Record<string, object> = { ...base };
  for (const override of overrides)
    for (const [group, values] of Object.entries(override)) merged[group] = { ...merged[group], ...values };
  const parsed = runConfigSchema.safeParse(merged);
  if (parsed.success) return parsed.data;
  throw new OverridesError(
    parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
  );
}

export type LeafValue = number | string | boolean | null;

/** Every setting as [group, key, value], in the order of the schema. */
export function leavesOf(config: RunConfig): [group: string, key: string, value: LeafValue][] {
  return Object.entries(config).flatMap(([group, values]) =>
    Object.entries<LeafValue>(values).map(([key, value]): [string, string, LeafValue] => [group, key, value]),
  );
}

/** The settings of `config` whose value is not the base's. */
export function differences(config: RunConfig, base: RunConfig): [string, string, LeafValue][] {
  const before = leavesOf(base);
  return leavesOf(config).filter(([, , value], i) => value !== before[i]?.[2]);
}
