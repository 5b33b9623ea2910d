/** How each setting is shown: its text, its place, and the control that fits its range in the schema. */
import { z } from 'zod';
import type { LeafValue } from './overrides.ts';
import { defaultConfig, type RunConfig, runConfigSchema } from './schema.ts';
import { augmentTexts, dataTexts, evaluationTexts, viewTexts } from './texts-images.ts';
import { backboneTexts, headTexts } from './texts-network.ts';
import { lossTexts, optimizerTexts, teacherTexts, trainingTexts } from './texts-training.ts';

export type Group = keyof RunConfig;

export interface FieldText {
  label: string;
  /** The paper's symbol or the official code's word for it. */
  symbol?: string;
  /** What it does, in one sentence. */
  sentence: string;
  /** The paper's value, as text. */
  paper: string;
  unit?: string;
  /** Folded away until asked for. */
  advanced?: true;
  /** Of this kind of network alone. */
  only?: 'vit' | 'resnet';
  /** Lowest value of the control where the schema's range leaves its end out; one step where it is not given. */
  least?: number;
  /** Distance of two neighbouring values of the control; 1 for whole numbers where it is left out. */
  step?: number;
  /** What a choice's values, or an absent value ("none"), are called. */
  names?: Record<string, string>;
}

export type FieldTexts<G extends Group> = { [K in keyof RunConfig[G]]: FieldText };

export type Control =
  | {
      kind: 'number';
      integer: boolean;
      min: number;
      /** Null: no upper end. */
      max: number | null;
      step: number;
      /** Text for "no value"; null where a value is needed. */
      none: string | null;
    }
  | { kind: 'switch' }
  | { kind: 'choice'; options: { value: string; label: string }[] }
  | { kind: 'text'; maxLength: number };

export interface Field {
  group: Group;
  key: string;
  label: string;
  symbol: string | null;
  sentence: string;
  paper: string;
  unit: string | null;
  advanced: boolean;
  /** Null: of every kind of network. */
  only: 'vit' | 'resnet' | null;
  control: Control;
}

interface GroupText {
  id: Group;
  title: string;
  sentence: string;
}

/** The groups in the order in which a person reads a run. */
export const GROUPS: readonly GroupText[] = [
  { id: 'training', title: 'Run', sentence: 'How long to train, and on how many images at a time.' },
  { id: 'views', title: 'Views', sentence: 'What is cut out of each image for student and teacher.' },
  {
    id: 'augment',
    title: 'Augmentation',
    sentence: 'How the views are disturbed, so that only content is left to agree on.',
  },
  {
    id: 'backbone',
    title: 'Backbone',
    sentence: 'The vision transformer, or ResNet, that both networks are.',
  },
  { id: 'head', title: 'Head', sentence: 'From the features of a view to scores over K prototypes.' },
  {
    id: 'loss',
    title: 'Loss',
    sentence: 'How the student is compared with the teacher, and what holds off collapse.',
  },
  { id: 'teacher', title: 'Teacher', sentence: 'How the teacher follows the student.' },
  { id: 'optimizer', title: 'Optimizer', sentence: 'How the student’s weights are changed.' },
  { id: 'data', title: 'Data', sentence: 'Which images, and what their labels are.' },
  { id: 'evaluation', title: 'Evaluation', sentence: 'How what was learnt is measured and shown.' },
];

const TEXTS: { [G in Group]: FieldTexts<G> } = {
  training: trainingTexts,
  views: viewTexts,
  augment: augmentTexts,
  backbone: backboneTexts,
  head: headTexts,
  loss: lossTexts,
  teacher: teacherTexts,
  optimizer: optimizerTexts,
  data: dataTexts,
  evaluation: evaluationTexts,
};

/** Every setting once, group by group in reading order. */
export const FIELDS: readonly Field[] = GROUPS.flatMap(({ id }) =>
  Object.entries<FieldText>(TEXTS[id]).map(([key, text]) => ({
    group: id,
    key,
    label: text.label,
    symbol: text.symbol ?? null,
    sentence: text.sentence,
    paper: text.paper,
    unit: text.unit ?? null,
    advanced: text.advanced ?? false,
    only: text.only ?? null,
    control: controlOf(id, key, text),
  })),
);

/** The fields of one group, in reading order. */
export function fieldsOf(group: Group): Field[] {
  return FIELDS.filter((field) => field.group === group);
}

export function fieldOf(group: Group, key: string): Field | undefined {
  return FIELDS.find((field) => field.group === group && field.key === key);
}

/** Whether a setting means anything to the network of a config. */
export const concerns = ({ backbone }: RunConfig, { only }: Field): boolean =>
  only === null || only === (backbone.architecture === 'vit' ? 'vit' : 'resnet');

/** The value of a field in a config. */
export function valueIn(config: RunConfig, { group, key }: Pick<Field, 'group' | 'key'>): LeafValue {
  const values: Record<string, LeafValue> = config[group];
  return values[key] ?? null;
}

/** Whether a config leaves the paper's value. */
export function differsFromPaper(config: RunConfig, field: Pick<Field, 'group' | 'key'>): boolean {
  return valueIn(config, field) !== valueIn(defaultConfig, field);
}

function controlOf(group: Group, key: string, text: FieldText): Control {
  const shape: Record<string, z.ZodType> = runConfigSchema.shape[group].unwrap().shape;
  let leaf: unknown = shape[key];
  let none: string | null = null;
  while (leaf instanceof z.ZodDefault || leaf instanceof z.ZodNullable) {
    if (leaf instanceof z.ZodNullable) none = text.names?.none ?? 'none';
    leaf = leaf.unwrap();
  }
  if (leaf instanceof z.ZodBoolean) return { kind: 'switch' };
  if (leaf instanceof z.ZodString) return { kind: 'text', maxLength: leaf.maxLength ?? 64 };
  if (leaf instanceof z.ZodEnum)
    return {
      kind: 'choice',
      options: leaf.options.map(String).map((value) => ({ value, label: text.names?.[value] ?? value })),
    };
  if (leaf instanceof z.ZodNumber) {
    const integer = leaf.safeParse(0.5).error?.issues.some(({ code }) => code === 'invalid_type') ?? false;
    const step = text.step ?? (integer ? 1 : 0.01);
    const least = leaf.minValue ?? 0;
    const most = leaf.maxValue ?? null;
    return {
      kind: 'number',
      integer,
      min: leaf.safeParse(least).success ? least : (text.least ?? step),
      max: most !== null && most < Number.MAX_SAFE_INTEGER ? most : null,
      step,
      none,
    };
  }
  throw new TypeError(`No control fits the setting ${group}.${key}`);
}
