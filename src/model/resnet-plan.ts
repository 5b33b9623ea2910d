/** The layers of a ResNet (He et al. 2016) as torchvision builds it: names, channels, windows. Pure. */
import type { Window } from '../ops/convolution.ts';
import type { ResNetShape } from './shapes.ts';

/** A convolution without bias and the BatchNorm behind it. */
export interface ConvolutionPlan {
  /** In the state dict, without "backbone." */
  name: string;
  norm: string;
  from: number;
  to: number;
  window: Window;
}

export interface BlockPlan {
  name: string;
  /** One after the other, with a ReLU behind each; behind the last one only after the sum with what came in. */
  convolutions: readonly ConvolutionPlan[];
  /** What came in, made to fit; null where it fits. */
  downsample: ConvolutionPlan | null;
}

export interface ResNetPlan {
  stem: ConvolutionPlan;
  pool: Window | null;
  blocks: readonly BlockPlan[];
}

const BLOCKS = { resnet18: [2, 2, 2, 2], resnet50: [3, 4, 6, 3] } as const;
/** A bottleneck block ends in four times its channels. */
const EXPANSION = { resnet18: 1, resnet50: 4 } as const;

const three = (stride: number): Window => ({ side: 3, stride, padding: 1 });
const one = (stride: number): Window => ({ side: 1, stride, padding: 0 });

export function resNetPlan({ architecture, width, stem }: ResNetShape): ResNetPlan {
  const expansion = EXPANSION[architecture];
  let from = width;
  const blocks = BLOCKS[architecture].flatMap((count, stage) =>
    Array.from({ length: count }, (_, i): BlockPlan => {
      const inner = width * 2 ** stage;
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const block = blockPlan(`layer${stage + 1}.${i}`, { from, inner, to: inner * expansion, stride });
      from = inner * expansion;
      return block;
    }),
  );
  const large = stem === 'imagenet';
  return {
    stem: {
      name: 'conv1',
      norm: 'bn1',
      from: 3,
      to: width,
      window: large ? { side: 7, stride: 2, padding: 3 } : three(1),
    },
    pool: large ? three(2) : null,
    blocks,
  };
}

function blockPlan(
  name: string,
  { from, inner, to, stride }: { from: number; inner: number; to: number; stride: number },
): BlockPlan {
  const steps: readonly [from: number, to: number, window: Window][] =
    to === inner
      ? [
          [from, inner, three(stride)],
          [inner, to, three(1)],
        ]
      : // The stride sits in the middle, as in torchvision and not in the paper.
        [
          [from, inner, one(1)],
          [inner, inner, three(stride)],
          [inner, to, one(1)],
        ];
  return {
    name,
    convolutions: steps.map(([into, out, window], i) => ({
      name: `${name}.conv${i + 1}`,
      norm: `${name}.bn${i + 1}`,
      from: into,
      to: out,
      window,
    })),
    downsample:
      stride === 1 && from === to
        ? null
        : { name: `${name}.downsample.0`, norm: `${name}.downsample.1`, from, to, window: one(stride) },
  };
}

/** Every convolution in the order of the state dict. */
export const convolutionsOf = ({ stem, blocks }: ResNetPlan): ConvolutionPlan[] => [
  stem,
  ...blocks.flatMap(({ convolutions, downsample }) => [...convolutions, ...(downsample ? [downsample] : [])]),
];
