/** Every parameter and buffer of a network: official name, official shape, how it is stored, how it begins. */
import { convolutionsOf, resNetPlan } from './resnet-plan.ts';
import {
  featureWidth,
  type HeadShape,
  isResNet,
  type NetworkShape,
  type ResNetShape,
  type VitShape,
} from './shapes.ts';

export type Init =
  | { kind: 'constant'; value: number }
  /** Normal of this deviation, cut at ±2 (absolute). */
  | { kind: 'truncated-normal'; deviation: number }
  | { kind: 'normal'; deviation: number }
  /** Uniform in ±bound: torch's default for Linear and Conv2d with bound 1/√fan_in. */
  | { kind: 'uniform'; bound: number };

export interface ParameterSpec {
  name: string;
  /** As the official state dict has it. */
  shape: number[];
  /** 'linear' is stored transposed, 'conv' flattened to [in·height·width, out], 'windows' to [height·width·in, out]. */
  layout: 'as-is' | 'linear' | 'conv' | 'windows';
  init: Init;
}

export interface NetworkSpec {
  parameters: ParameterSpec[];
  /** Statistics that no gradient reaches. */
  buffers: ParameterSpec[];
}

/** One step of the head's MLP. `name` carries the state-dict index. */
export type HeadLayer =
  | { kind: 'linear'; name: string; from: number; to: number }
  | { kind: 'batch-norm'; name: string; width: number }
  | { kind: 'gelu' };

const normal: Init = { kind: 'truncated-normal', deviation: 0.02 };
const zero: Init = { kind: 'constant', value: 0 };
const one: Init = { kind: 'constant', value: 1 };
const fan = (inputs: number): Init => ({ kind: 'uniform', bound: 1 / Math.sqrt(inputs) });

const asIs = (name: string, shape: number[], init: Init): ParameterSpec => ({
  name,
  shape,
  layout: 'as-is',
  init,
});

function linear(name: string, from: number, to: number, bias = true): ParameterSpec[] {
  const weight: ParameterSpec = { name: `${name}.weight`, shape: [to, from], layout: 'linear', init: normal };
  return bias ? [weight, asIs(`${name}.bias`, [to], zero)] : [weight];
}

/** Of a norm: begins as the identity. */
const affine = (name: string, width: number): ParameterSpec[] => [
  asIs(`${name}.weight`, [width], one),
  asIs(`${name}.bias`, [width], zero),
];

const runningStatistics = (name: string, width: number): ParameterSpec[] => [
  asIs(`${name}.running_mean`, [width], zero),
  asIs(`${name}.running_var`, [width], one),
  asIs(`${name}.num_batches_tracked`, [], zero),
];

/**
 * The MLP before the prototypes, with the official indices: Linear, (BatchNorm), GELU, … A single layer has no index.
 * Without a bottleneck the prototypes themselves are the last of the layers.
 */
export function headLayers(head: HeadShape, dim: number): HeadLayer[] {
  const linears = head.bottleneck === null ? head.layers - 1 : head.layers;
  const layers: HeadLayer[] = [];
  let from = dim;
  for (let i = 0; i < linears; i++) {
    const last = head.bottleneck !== null && i === linears - 1;
    const to = last && head.bottleneck !== null ? head.bottleneck : head.hidden;
    const index = () => `head.mlp.${layers.length}`;
    layers.push({ kind: 'linear', name: linears === 1 && last ? 'head.mlp' : index(), from, to });
    if (!last) {
      if (head.batchNorm === 'before-gelu') layers.push({ kind: 'batch-norm', name: index(), width: to });
      layers.push({ kind: 'gelu' });
      if (head.batchNorm === 'after-gelu') layers.push({ kind: 'batch-norm', name: index(), width: to });
    }
    from = to;
  }
  return layers;
}

/** Width of what enters the last layer. */
export const lastLayerWidth = (head: HeadShape, dim: number): number =>
  head.bottleneck ?? (head.layers > 1 ? head.hidden : dim);

export function networkSpec({ imageSize, backbone, head }: NetworkShape): NetworkSpec {
  const { parameters, buffers } = isResNet(backbone) ? resNetSpec(backbone) : vitSpec(backbone, imageSize);
  const dim = featureWidth(backbone);
  for (const layer of headLayers(head, dim)) {
    if (layer.kind === 'linear') parameters.push(...linear(layer.name, layer.from, layer.to));
    if (layer.kind === 'batch-norm') {
      parameters.push(...affine(layer.name, layer.width));
      buffers.push(...runningStatistics(layer.name, layer.width));
    }
  }
  const width = lastLayerWidth(head, dim);
  if (head.lastLayer === 'weight-norm') {
    parameters.push(asIs('head.last_layer.weight_g', [head.prototypes, 1], one));
    parameters.push(asIs('head.last_layer.weight_v', [head.prototypes, width], fan(width)));
  } else {
    parameters.push(asIs('head.last_layer.weight', [head.prototypes, width], fan(width)));
  }
  if (head.lastBatchNorm) buffers.push(...runningStatistics('head.last_norm', head.prototypes));
  return { parameters, buffers };
}

function vitSpec(backbone: VitShape, imageSize: number): NetworkSpec {
  const { dim, patchSize, depth } = backbone;
  const hidden = Math.floor(dim * backbone.mlpRatio);
  const patches = (imageSize / patchSize) ** 2;
  const patchInputs = 3 * patchSize * patchSize;
  const parameters: ParameterSpec[] = [
    asIs('backbone.cls_token', [1, 1, dim], normal),
    asIs('backbone.pos_embed', [1, 1 + patches, dim], normal),
    {
      name: 'backbone.patch_embed.proj.weight',
      shape: [dim, 3, patchSize, patchSize],
      layout: 'conv',
      init: fan(patchInputs),
    },
    asIs('backbone.patch_embed.proj.bias', [dim], fan(patchInputs)),
  ];
  for (let i = 0; i < depth; i++) {
    const block = `backbone.blocks.${i}`;
    parameters.push(
      ...affine(`${block}.norm1`, dim),
      ...linear(`${block}.attn.qkv`, dim, 3 * dim, backbone.qkvBias),
      ...linear(`${block}.attn.proj`, dim, dim),
      ...affine(`${block}.norm2`, dim),
      ...linear(`${block}.mlp.fc1`, dim, hidden),
      ...linear(`${block}.mlp.fc2`, hidden, dim),
    );
  }
  return { parameters: [...parameters, ...affine('backbone.norm', dim)], buffers: [] };
}

/** Convolutions as torchvision begins them: normal, of variance 2 / (out·side²) (He et al. 2015, fan_out). */
function resNetSpec(shape: ResNetShape): NetworkSpec {
  const convolutions = convolutionsOf(resNetPlan(shape));
  return {
    parameters: convolutions.flatMap(({ name, norm, from, to, window: { side } }) => [
      {
        name: `backbone.${name}.weight`,
        shape: [to, from, side, side],
        layout: 'windows',
        init: { kind: 'normal', deviation: Math.sqrt(2 / (to * side * side)) },
      },
      ...affine(`backbone.${norm}`, to),
    ]),
    buffers: convolutions.flatMap(({ norm, to }) => runningStatistics(`backbone.${norm}`, to)),
  };
}

/** Parameters that the optimizer moves: all but a weight_g that is held at 1. */
export const isTrainable = (name: string, head: HeadShape): boolean =>
  !(head.normLastLayer && name === 'head.last_layer.weight_g');

/** Weight decay spares biases and every 1-d tensor (official get_params_groups). */
export const isDecayed = (name: string, rank: number): boolean => !(name.endsWith('.bias') || rank === 1);

export const isLastLayer = (name: string): boolean => name.startsWith('head.last_layer.');

/** Numbers in all parameters of a network. */
export const parameterCount = (spec: NetworkSpec): number =>
  spec.parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
