/** The network layer by layer, as torchinfo prints it: output shapes, parameters, floating-point operations. */
import { windowGrid } from '../ops/convolution.ts';
import { type ConvolutionPlan, resNetPlan } from './resnet-plan.ts';
import {
  featureWidth,
  type HeadShape,
  isResNet,
  type NetworkShape,
  type ResNetShape,
  type VitShape,
} from './shapes.ts';
import { headLayers, lastLayerWidth, networkSpec } from './specs.ts';

export interface LayerSummary {
  /** Official name in the state dict; '' for the whole network. */
  name: string;
  kind: string;
  /** How deep it is nested, from 0. */
  level: number;
  /** Of one image: [tokens, width] or [width]; in a ResNet [height, width, channels]. */
  output: number[];
  /** Numbers in its parameters, those of the layers in it included. */
  parameters: number;
  /** Of one image, forward; a multiplication and an addition are two. Norms, softmax and GELU are left out. */
  flop: number;
}

interface Layer {
  name: string;
  kind: string;
  output: number[];
  /** Of its own, without the layers in it. */
  flop?: number;
  inside?: Layer[];
}

/** The layers of a network for one image of `imageSize`, each before those that it is made of. */
export function modelSummary(shape: NetworkShape): LayerSummary[] {
  const sizes = networkSpec(shape).parameters.map(({ name, shape: dims }) => ({
    name,
    size: dims.reduce((product, n) => product * n, 1),
  }));
  const parametersOf = (name: string) =>
    sizes
      .filter((parameter) => name === '' || parameter.name === name || parameter.name.startsWith(`${name}.`))
      .reduce((sum, { size }) => sum + size, 0);
  const listed = (layer: Layer, level: number): LayerSummary[] => {
    const inside = (layer.inside ?? []).flatMap((each) => listed(each, level + 1));
    const flop = inside
      .filter((each) => each.level === level + 1)
      .reduce((sum, each) => sum + each.flop, layer.flop ?? 0);
    const { name, kind, output } = layer;
    return [{ name, kind, level, output, parameters: parametersOf(name), flop }, ...inside];
  };
  const { backbone, head } = shape;
  const whole: Layer = {
    name: '',
    kind: 'Network',
    output: [head.prototypes],
    inside: [
      isResNet(backbone) ? resNetLayer(backbone, shape.imageSize) : vitLayer(backbone, shape.imageSize),
      headLayer(head, featureWidth(backbone)),
    ],
  };
  return listed(whole, 0);
}

const linear = (name: string, tokens: number, from: number, to: number): Layer => ({
  name,
  kind: 'Linear',
  output: [tokens, to],
  flop: 2 * tokens * from * to,
});

function vitLayer({ dim, depth, patchSize, mlpRatio }: VitShape, imageSize: number): Layer {
  const patches = (imageSize / patchSize) ** 2;
  const tokens = 1 + patches;
  const hidden = Math.floor(dim * mlpRatio);
  const norm = (name: string): Layer => ({ name, kind: 'LayerNorm', output: [tokens, dim] });
  const block = (i: number): Layer => {
    const name = `backbone.blocks.${i}`;
    return {
      name,
      kind: 'Block',
      output: [tokens, dim],
      inside: [
        norm(`${name}.norm1`),
        {
          name: `${name}.attn`,
          kind: 'Attention',
          output: [tokens, dim],
          // q·kᵀ and the weights·v, all heads together.
          flop: 4 * tokens ** 2 * dim,
          inside: [
            linear(`${name}.attn.qkv`, tokens, dim, 3 * dim),
            linear(`${name}.attn.proj`, tokens, dim, dim),
          ],
        },
        norm(`${name}.norm2`),
        {
          name: `${name}.mlp`,
          kind: 'Mlp',
          output: [tokens, dim],
          inside: [
            linear(`${name}.mlp.fc1`, tokens, dim, hidden),
            linear(`${name}.mlp.fc2`, tokens, hidden, dim),
          ],
        },
      ],
    };
  };
  return {
    name: 'backbone',
    kind: 'VisionTransformer',
    output: [dim],
    inside: [
      {
        name: 'backbone.patch_embed',
        kind: 'PatchEmbed',
        output: [patches, dim],
        flop: 2 * patches * 3 * patchSize ** 2 * dim,
      },
      { name: 'backbone.cls_token', kind: 'CLS token', output: [1, dim] },
      { name: 'backbone.pos_embed', kind: 'Positions', output: [tokens, dim] },
      ...Array.from({ length: depth }, (_, i) => block(i)),
      norm('backbone.norm'),
    ],
  };
}

function resNetLayer(shape: ResNetShape, imageSize: number): Layer {
  const { stem, pool, blocks } = resNetPlan(shape);
  let grid = { pictures: 1, height: imageSize, width: imageSize };
  const output = (channels: number) => [grid.height, grid.width, channels];
  /** The convolution of the present grid, and its norm. */
  const layers = ({ name, norm, from, to, window }: ConvolutionPlan): Layer[] => {
    const { height, width } = windowGrid(grid, window);
    const made = [height, width, to];
    const flop = 2 * height * width * window.side ** 2 * from * to;
    return [
      { name: `backbone.${name}`, kind: `Convolution ${window.side} × ${window.side}`, output: made, flop },
      { name: `backbone.${norm}`, kind: 'BatchNorm', output: made },
    ];
  };
  const inside = layers(stem);
  grid = windowGrid(grid, stem.window);
  if (pool) {
    grid = windowGrid(grid, pool);
    inside.push({ name: 'backbone.maxpool', kind: 'Max pooling', output: output(stem.to) });
  }
  for (const { name, convolutions, downsample } of blocks) {
    const beside = downsample ? layers(downsample) : [];
    const within = convolutions.flatMap((plan) => {
      const own = layers(plan);
      grid = windowGrid(grid, plan.window);
      return own;
    });
    inside.push({
      name: `backbone.${name}`,
      kind: 'Block',
      output: output(convolutions.at(-1)?.to ?? 0),
      inside: [...within, ...beside],
    });
  }
  return { name: 'backbone', kind: 'ResNet', output: [featureWidth(shape)], inside };
}

function headLayer(head: HeadShape, dim: number): Layer {
  const layers = headLayers(head, dim).flatMap((layer): Layer[] => {
    if (layer.kind === 'gelu') return [];
    if (layer.kind === 'batch-norm') return [{ name: layer.name, kind: 'BatchNorm', output: [layer.width] }];
    return [{ ...linear(layer.name, 1, layer.from, layer.to), output: [layer.to] }];
  });
  const width = lastLayerWidth(head, dim);
  const last: Layer = {
    name: 'head.last_layer',
    kind: head.lastLayer === 'weight-norm' ? 'Prototypes, weight norm' : 'Prototypes',
    output: [head.prototypes],
    flop: 2 * width * head.prototypes,
  };
  return { name: 'head', kind: 'DINOHead', output: [head.prototypes], inside: [...layers, last] };
}
