/** One backbone under three sets of names: the official ones, timm's (the same) and Hugging Face's ViTModel. */
import { type BackboneShape, isResNet, type VitShape } from '../model/shapes.ts';

export interface HostTensor {
  shape: number[];
  data: Float32Array;
}
export type HostTensors = ReadonlyMap<string, HostTensor>;

export type Dialect = 'official' | 'hugging-face';

/** Weights of a network that is not this one; the message says what tells them apart. */
export class ForeignWeightsError extends Error {
  override name = 'ForeignWeightsError';
}

/** Official name ↔ Hugging Face's, `#` for the number of a block; those of transformers 5 come second. */
const OUTSIDE: readonly (readonly [official: string, ...hub: string[]])[] = [
  ['cls_token', 'embeddings.cls_token'],
  ['pos_embed', 'embeddings.position_embeddings'],
  ['patch_embed.proj', 'embeddings.patch_embeddings.projection'],
  ['norm', 'layernorm'],
];
const IN_BLOCK: readonly (readonly [official: string, old: string, present: string])[] = [
  ['norm1', 'layernorm_before', 'layernorm_before'],
  ['attn.proj', 'attention.output.dense', 'attention.o_proj'],
  ['norm2', 'layernorm_after', 'layernorm_after'],
  ['mlp.fc1', 'intermediate.dense', 'mlp.fc1'],
  ['mlp.fc2', 'output.dense', 'mlp.fc2'],
];
/** Thirds of the official qkv, in its order of rows. */
const THIRDS: readonly (readonly [old: string, present: string])[] = [
  ['attention.attention.query', 'attention.q_proj'],
  ['attention.attention.key', 'attention.k_proj'],
  ['attention.attention.value', 'attention.v_proj'],
];
const ENDINGS = ['', '.weight', '.bias'] as const;
const OLD_BLOCK = 'encoder.layer.';

/** What stands before a backbone's names in files of the field, for each of the two networks; the first found counts. */
const PREFIXES = {
  teacher: ['teacher.backbone.', 'backbone.', '', 'vit.', 'module.backbone.', 'module.'],
  student: ['student.module.backbone.', 'student.backbone.', 'module.backbone.', 'backbone.', '', 'vit.'],
} as const;

/** Parts of vision transformers that have no place in the official one. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/\.ls[12]\.gamma$|lambda[12]$/, 'layer scale'],
  [/reg_token|register_tokens/, 'register tokens'],
  [/(^|\.)fc_norm\./, 'a norm over averaged tokens'],
];

export interface FoundBackbone {
  dialect: Dialect;
  /** By official name, without "backbone." before it. */
  tensors: HostTensors;
  /** Names in the file that say nothing about a backbone. */
  unexpected: string[];
}

/** The backbone in a file of any dialect. @throws ForeignWeightsError when there is none, or one of another build. */
export function findBackbone(file: HostTensors, network: keyof typeof PREFIXES): FoundBackbone {
  const has = (name: string) => file.has(name);
  const prefix = PREFIXES[network].find(
    (each) => has(`${each}cls_token`) || has(`${each}embeddings.cls_token`),
  );
  if (prefix === undefined)
    throw new ForeignWeightsError(
      'The file has no "cls_token", so it is no vision transformer of this kind.',
    );
  const dialect: Dialect = has(`${prefix}cls_token`) ? 'official' : 'hugging-face';
  const within = new Map([...file].filter(([name]) => name.startsWith(prefix)));
  for (const name of within.keys())
    for (const [pattern, what] of FOREIGN)
      if (pattern.test(name))
        throw new ForeignWeightsError(`"${name}" belongs to a network with ${what}, which DINO's has not.`);
  const unexpected = [...file.keys()].filter((name) => !name.startsWith(prefix));
  const own = new Map([...within].map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  const { tensors, rest } = dialect === 'official' ? sorted(own) : fromHub(own);
  return { dialect, tensors, unexpected: [...unexpected, ...rest.map((name) => prefix + name)] };
}

const OFFICIAL =
  /^(cls_token|pos_embed|(patch_embed\.proj|norm|blocks\.\d+\.(norm[12]|attn\.(qkv|proj)|mlp\.fc[12]))\.(weight|bias))$/;

function sorted(own: HostTensors): { tensors: HostTensors; rest: string[] } {
  return {
    tensors: new Map([...own].filter(([name]) => OFFICIAL.test(name))),
    rest: [...own.keys()].filter((name) => !OFFICIAL.test(name)),
  };
}

const BLOCK_NAME = /^(?:encoder\.layer|layers)\.(\d+)\.(.+?)(\.weight|\.bias)$/;

function fromHub(own: HostTensors): { tensors: HostTensors; rest: string[] } {
  const tensors = new Map<string, HostTensor>();
  const thirds = new Map<string, (HostTensor | undefined)[]>();
  const rest: string[] = [];
  for (const [name, tensor] of own) {
    const official = officialName(name);
    const third = thirdOf(name);
    if (official !== null) tensors.set(official, tensor);
    else if (third) {
      const parts = thirds.get(third.whole) ?? [];
      parts[third.place] = tensor;
      thirds.set(third.whole, parts);
    } else rest.push(name);
  }
  for (const [whole, [q, k, v]] of thirds) {
    if (!q || !k || !v) throw new ForeignWeightsError(`The file lacks a part of "${whole}".`);
    tensors.set(whole, stacked([q, k, v], whole));
  }
  return { tensors, rest };
}

function officialName(name: string): string | null {
  for (const [official, ...names] of OUTSIDE)
    for (const hub of names)
      for (const ending of ENDINGS) if (name === hub + ending) return official + ending;
  const [, block, part, ending = ''] = BLOCK_NAME.exec(name) ?? [];
  const found = IN_BLOCK.find(([, ...names]) => names.some((hub) => hub === part));
  return found ? `blocks.${block}.${found[0]}${ending}` : null;
}

function thirdOf(name: string): { whole: string; place: number } | null {
  const [, block, part, ending = ''] = BLOCK_NAME.exec(name) ?? [];
  const place = THIRDS.findIndex((names) => names.some((hub) => hub === part));
  return place < 0 ? null : { whole: `blocks.${block}.attn.qkv${ending}`, place };
}

function stacked(parts: readonly HostTensor[], name: string): HostTensor {
  const [first, ...others] = parts;
  if (!first || others.some(({ shape }) => shape.join() !== first.shape.join()))
    throw new ForeignWeightsError(`Queries, keys and values of "${name}" differ in shape.`);
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  const [rows = 0, ...columns] = first.shape;
  return { shape: [rows * parts.length, ...columns], data };
}

/** A backbone by official names as Hugging Face's ViTModel has it, in the names that every version of it reads. */
export function toHub(backbone: HostTensors): HostTensors {
  const hub = new Map<string, HostTensor>();
  for (const [name, tensor] of backbone) {
    const outside = OUTSIDE.find(([official]) => ENDINGS.some((ending) => name === official + ending));
    const [, block, part, ending = ''] = /^blocks\.(\d+)\.(.+?)(\.weight|\.bias)$/.exec(name) ?? [];
    const inside = IN_BLOCK.find(([official]) => official === part);
    if (outside?.[1] !== undefined) hub.set(outside[1] + name.slice(outside[0].length), tensor);
    else if (inside) hub.set(`${OLD_BLOCK}${block}.${inside[1]}${ending}`, tensor);
    else if (part === 'attn.qkv')
      for (const [place, [third]] of THIRDS.entries())
        hub.set(`${OLD_BLOCK}${block}.${third}${ending}`, thirdAt(tensor, place));
    else throw new RangeError(`"${name}" is no part of a backbone`);
  }
  return hub;
}

function thirdAt({ shape, data }: HostTensor, place: number): HostTensor {
  const [rows = 0, ...columns] = shape;
  const length = data.length / THIRDS.length;
  return {
    shape: [rows / THIRDS.length, ...columns],
    data: data.slice(place * length, (place + 1) * length),
  };
}

/** The `config.json` that transformers wants beside the weights. Its own ε of the norms, 1e-12, is not DINO's. */
export function hubConfig(shape: BackboneShape, imageSize: number): Record<string, unknown> {
  if (isResNet(shape))
    throw new ForeignWeightsError('A ResNet is no ViTModel: export it under the official names.');
  return {
    architectures: ['ViTModel'],
    model_type: 'vit',
    hidden_size: shape.dim,
    num_hidden_layers: shape.depth,
    num_attention_heads: shape.heads,
    intermediate_size: Math.floor(shape.dim * shape.mlpRatio),
    hidden_act: 'gelu',
    layer_norm_eps: 1e-6,
    image_size: imageSize,
    patch_size: shape.patchSize,
    num_channels: 3,
    qkv_bias: shape.qkvBias,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    initializer_range: 0.02,
  };
}

/** Width of a head in every official model; no tensor tells it. */
const HEAD_WIDTH = 64;

/**
 * What the tensors say of the network that they belong to. Heads of 64 are assumed, as in all official models.
 * @throws ForeignWeightsError when they contradict each other, or its table of positions is for no square.
 */
export function shapeOf(backbone: HostTensors): { shape: VitShape; imageSize: number } {
  const sizes = (name: string) => {
    const tensor = backbone.get(name);
    if (!tensor) throw new ForeignWeightsError(`The file lacks "${name}".`);
    return tensor.shape;
  };
  const [, , dim = 0] = sizes('cls_token');
  const [, channels, patchSize = 0, width] = sizes('patch_embed.proj.weight');
  if (channels !== 3 || width !== patchSize)
    throw new ForeignWeightsError('Its patches are not square pictures of three colors.');
  const [, positions = 0] = sizes('pos_embed');
  const side = Math.sqrt(positions - 1);
  if (!Number.isInteger(side))
    throw new ForeignWeightsError(`Its ${positions} positions are not those of a square and a CLS token.`);
  const [hidden = 0] = sizes('blocks.0.mlp.fc1.weight');
  const blocks = [...backbone.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.slice(1, 2) ?? []);
  return {
    shape: {
      patchSize,
      dim,
      depth: 1 + Math.max(...blocks.map(Number)),
      heads: Math.max(1, Math.round(dim / HEAD_WIDTH)),
      mlpRatio: hidden / dim,
      qkvBias: backbone.has('blocks.0.attn.qkv.bias'),
    },
    imageSize: side * patchSize,
  };
}

/** What of a network a file has. Names are the official ones. */
export interface WeightsReport {
  matched: string[];
  missing: string[];
  unexpected: string[];
  misshaped: { name: string; wanted: readonly number[]; found: readonly number[] }[];
  /** With a value that is no finite number. */
  damaged: string[];
}

/** Holds tensors against what a network wants, so that nothing is passed over in silence. */
export function weightsReport(
  wanted: readonly { name: string; shape: readonly number[] }[],
  found: HostTensors,
): WeightsReport {
  const report: WeightsReport = { matched: [], missing: [], unexpected: [], misshaped: [], damaged: [] };
  for (const { name, shape } of wanted) {
    const tensor = found.get(name);
    if (!tensor) report.missing.push(name);
    else if (tensor.shape.join() !== shape.join())
      report.misshaped.push({ name, wanted: shape, found: tensor.shape });
    else if (!tensor.data.every(Number.isFinite)) report.damaged.push(name);
    else report.matched.push(name);
  }
  const names = new Set(wanted.map(({ name }) => name));
  report.unexpected.push(...[...found.keys()].filter((name) => !names.has(name)));
  return report;
}
