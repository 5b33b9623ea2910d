/** Settings under the key names of the PyTorch Lightning recipe's configuration file, and back. */
import { differences, type LeafValue, leavesOf } from './overrides.ts';
import { defaultConfig, type RunConfig } from './schema.ts';
import { readWanted, type SettingsReading, shown, type Wanted } from './settings-file.ts';

type Setting = readonly [group: string, name: string];

/** The recipe's keys in its order; null has no counterpart here. `backbone` is a name for several settings. */
const KEYS: readonly (readonly [key: string, setting: Setting | 'backbone' | null])[] = [
  ['backbone', 'backbone'],
  ['mlp_layers', ['head', 'layers']],
  ['hidden_dim', ['head', 'hidden']],
  ['bottleneck_dim', ['head', 'bottleneck']],
  ['k_dim', ['head', 'prototypes']],
  ['base_teacher_momentum', ['teacher', 'momentum']],
  ['final_teacher_momentum', ['teacher', 'momentumEnd']],
  ['base_weight_decay', ['optimizer', 'weightDecay']],
  ['final_weight_decay', ['optimizer', 'weightDecayEnd']],
  ['warmup_epochs_lr', ['optimizer', 'lrWarmupEpochs']],
  ['warmup_start_lr', ['optimizer', 'lrWarmupStart']],
  ['final_lr', ['optimizer', 'lrEnd']],
  ['student_temp', ['loss', 'studentTemp']],
  ['warmup_teacher_epochs', ['loss', 'warmupTeacherTempEpochs']],
  ['warmup_teacher_temp', ['loss', 'warmupTeacherTemp']],
  ['final_teacher_temp', ['loss', 'teacherTemp']],
  ['global_scale_min', ['views', 'globalScaleMin']],
  ['global_scale_max', ['views', 'globalScaleMax']],
  ['local_scale_min', ['views', 'localScaleMin']],
  ['local_scale_max', ['views', 'localScaleMax']],
  ['num_local_crops', ['views', 'localCount']],
  ['batch_size', ['training', 'batchSize']],
  ['center_momentum', ['loss', 'centerMomentum']],
  ['seed', ['training', 'seed']],
  ['epochs', ['training', 'epochs']],
  ['experiment_num', null],
];

/** The published vision transformers: what the usual names stand for. */
const VITS: Readonly<Record<string, { dim: number; heads: number }>> = {
  tiny: { dim: 192, heads: 3 },
  small: { dim: 384, heads: 6 },
  base: { dim: 768, heads: 12 },
};
const VIT_DEPTH = 12;
const VIT_RATIO = 4;
const NAMED = ['architecture', 'patchSize', 'dim', 'depth', 'heads', 'mlpRatio'];

export interface Recipe {
  /** In the recipe's order. */
  keys: readonly (readonly [key: string, value: LeafValue])[];
  /** Settings that are not the paper's and that no key tells of, as "group.key". */
  untold: string[];
}

/** A config as the recipe writes it. */
export function recipeOf(config: RunConfig): Recipe {
  const leaves = new Map<string, LeafValue>(
    leavesOf(config).map(([group, name, value]) => [`${group}.${name}`, value]),
  );
  const told = new Set<string>();
  const keys: [string, LeafValue][] = [];
  const backbone = backboneName(config);
  if (backbone !== null) for (const name of NAMED) told.add(`backbone.${name}`);
  for (const [key, setting] of KEYS) {
    if (setting === 'backbone') {
      if (backbone !== null) keys.push([key, backbone]);
    } else if (setting) {
      const path = setting.join('.');
      // A run whose length is told in steps has no epochs.
      if (path === 'training.epochs' && config.training.steps !== null) continue;
      told.add(path);
      keys.push([key, leaves.get(path) ?? null]);
    }
  }
  const untold = differences(config, defaultConfig)
    .map(([group, name]) => `${group}.${name}`)
    .filter((path) => !told.has(path));
  return { keys, untold };
}

function backboneName({ backbone, views }: RunConfig): string | null {
  const { architecture, patchSize, dim, depth, heads, mlpRatio } = backbone;
  if (architecture !== 'vit') return architecture;
  const [size] = Object.entries(VITS).find(([, vit]) => vit.dim === dim && vit.heads === heads) ?? [];
  if (!size || depth !== VIT_DEPTH || mlpRatio !== VIT_RATIO) return null;
  return `vit_${size}_patch${patchSize}_${views.globalSize}`;
}

/** Whether a document has at least one key of the recipe. */
export const isRecipe = (document: ReadonlyMap<string, unknown>): boolean =>
  KEYS.some(([key]) => document.has(key));

/** Reads a recipe's keys, laid over `base`; what they do not tell stays as it is. */
export function readRecipe(document: ReadonlyMap<string, unknown>, base: RunConfig): SettingsReading {
  const wanted: Wanted[] = [];
  const unknown: string[] = [];
  const unread: SettingsReading['refused'] = [];
  const known = new Map(KEYS);
  for (const [key, value] of document) {
    const setting = known.get(key);
    if (!setting) unknown.push(key);
    else if (setting === 'backbone') {
      const settings = backboneSettings(value);
      if (settings)
        for (const [name, each] of settings) wanted.push({ key, group: 'backbone', name, value: each });
      else
        unread.push({
          key,
          value: shown(value),
          reason: 'vit_tiny, vit_small or vit_base, resnet18 or resnet50 is needed',
        });
    } else wanted.push({ key, group: setting[0], name: setting[1], value });
  }
  // The length in epochs counts only where none is given in steps.
  if (document.has('epochs') && base.training.steps !== null)
    wanted.push({ key: 'epochs', group: 'training', name: 'steps', value: null });
  const reading = readWanted(wanted, unknown, base);
  return { ...reading, refused: [...unread, ...reading.refused] };
}

/** "vit_small", "vit_small_patch16_224", "vit_s/8", "deit_small", "resnet18" → settings; null for anything else. */
function backboneSettings(value: unknown): [string, LeafValue][] | null {
  if (typeof value !== 'string') return null;
  const name = value.toLowerCase();
  if (name === 'resnet18' || name === 'resnet50') return [['architecture', name]];
  const [, size = '', patch] =
    /^(?:vit|deit)[_-]?(tiny|small|base|t|s|b)(?:[_/-]?(?:patch)?(\d+))?(?:_\d+)?$/.exec(name) ?? [];
  const vit = Object.entries(VITS).find(([full]) => full === size || full[0] === size)?.[1];
  if (!vit) return null;
  return [
    ['architecture', 'vit'],
    ['patchSize', Number(patch ?? defaultConfig.backbone.patchSize)],
    ['dim', vit.dim],
    ['depth', VIT_DEPTH],
    ['heads', vit.heads],
    ['mlpRatio', VIT_RATIO],
  ];
}
