/** What of a run may be changed when another goes on from its state, and what not and why. */
import { FIELDS, valueIn } from './fields.ts';
import { differences, type LeafValue } from './overrides.ts';
import type { RunConfig } from './schema.ts';

const SHAPE = 'the weights would have other shapes';
const READING = 'the images would have to be read again';

/** By "group.key", or by group for all of its settings. */
const FIXED: Readonly<Record<string, string>> = {
  'views.globalSize': 'there would be more or fewer positions to embed',
  backbone: SHAPE,
  'head.layers': SHAPE,
  'head.hidden': SHAPE,
  'head.bottleneck': SHAPE,
  'head.prototypes': SHAPE,
  'head.batchNorm': SHAPE,
  'head.lastBatchNorm': SHAPE,
  'head.lastLayer': 'the last layer would be stored in another form',
  'training.seed': 'the images and the network before training were drawn with it',
  data: READING,
};

/** Within groups that are fixed: these neither change shapes nor images. */
const FREE: ReadonlySet<string> = new Set(['backbone.dropPath', 'data.budgetMiB']);

/** Why a fork cannot change this setting; null where it can. */
export function fixedReason(group: string, key: string): string | null {
  const path = `${group}.${key}`;
  if (FREE.has(path)) return null;
  return FIXED[path] ?? FIXED[group] ?? null;
}

/** Why a run with these settings cannot go on from a state of the parent, in a sentence; null where it can. */
export function forkRefusal(child: RunConfig, parent: RunConfig): string | null {
  for (const [group, key] of differences(child, parent)) {
    const reason = fixedReason(group, key);
    if (reason)
      return `A fork cannot change ${settingLabel(group, key)}: ${reason}. Begin a new run with it instead.`;
  }
  // AdamW and Adam keep the same two moments of each weight, SGD one.
  if ((child.optimizer.kind === 'sgd') !== (parent.optimizer.kind === 'sgd'))
    return 'A fork cannot change between SGD and Adam: what the optimizer has gathered would be of another kind. Begin a new run with it instead.';
  return null;
}

/** What a fork cannot change, by reason, as the settings panel names it. */
export function fixedSettings(): { reason: string; labels: string[] }[] {
  const byReason = new Map<string, string[]>();
  for (const { group, key, label } of FIELDS) {
    const reason = fixedReason(group, key);
    if (reason) byReason.set(reason, [...(byReason.get(reason) ?? []), label]);
  }
  return [...byReason].map(([reason, labels]) => ({ reason, labels }));
}

export interface Difference {
  group: string;
  key: string;
  label: string;
  /** As text. */
  from: string;
  to: string;
}

/** What `config` has otherwise than `base`, named as the settings panel names it. */
export function namedDifferences(config: RunConfig, base: RunConfig): Difference[] {
  return differences(config, base).map(([group, key, value]) => ({
    group,
    key,
    label: settingLabel(group, key),
    from: textOf(group, key, leafOf(base, group, key)),
    to: textOf(group, key, value),
  }));
}

/** The value of a setting as a person reads it. */
export function settingText(config: RunConfig, group: string, key: string): string {
  return textOf(group, key, leafOf(config, group, key));
}

const fieldNamed = (group: string, key: string) =>
  FIELDS.find((field) => field.group === group && field.key === key);

/** The setting as the settings panel names it. */
export function settingLabel(group: string, key: string): string {
  return fieldNamed(group, key)?.label ?? `${group}.${key}`;
}

function leafOf(config: RunConfig, group: string, key: string): LeafValue {
  const field = fieldNamed(group, key);
  return field ? valueIn(config, field) : null;
}

function textOf(group: string, key: string, value: LeafValue): string {
  const field = fieldNamed(group, key);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  const { control, unit } = field ?? { control: null, unit: null };
  if (value === null) return control?.kind === 'number' ? (control.none ?? 'none') : 'none';
  if (control?.kind === 'choice')
    return control.options.find((option) => option.value === value)?.label ?? String(value);
  return unit ? `${value} ${unit}` : String(value);
}
