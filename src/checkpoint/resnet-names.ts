/** ResNets in files of the field, under torchvision's names, and what their tensors say of the network. */
import { convolutionsOf, resNetPlan } from '../model/resnet-plan.ts';
import type { ResNetShape } from '../model/shapes.ts';
import { ForeignWeightsError, type FoundBackbone, type HostTensors } from './dialects.ts';

/** What stands before a backbone's names, for each of the two networks; the first found counts. */
const PREFIXES = {
  teacher: ['teacher.backbone.', 'backbone.', '', 'module.backbone.', 'module.'],
  student: ['student.module.backbone.', 'student.backbone.', 'module.backbone.', 'backbone.', ''],
} as const;

type Network = keyof typeof PREFIXES;

const NORM = '(weight|bias|running_mean|running_var|num_batches_tracked)';
const OWN = new RegExp(
  `^(conv1\\.weight|bn1\\.${NORM}|layer[1-4]\\.\\d+\\.(conv[123]\\.weight|bn[123]\\.${NORM}|downsample\\.(0\\.weight|1\\.${NORM})))$`,
);
/** Of the stem's window, and what its side says. */
const STEMS: Record<number, ResNetShape['stem']> = { 7: 'imagenet', 3: 'small' };

const prefixIn = (file: HostTensors, network: Network): string | undefined =>
  PREFIXES[network].find(
    (prefix) => file.has(`${prefix}conv1.weight`) && file.has(`${prefix}layer1.0.conv1.weight`),
  );

/** Whether the file is of a ResNet, and not of a transformer. */
export const holdsResNet = (file: HostTensors, network: Network): boolean =>
  prefixIn(file, network) !== undefined;

/** The backbone in a file that holds a ResNet; a classifier ("fc") is no part of it. @throws ForeignWeightsError */
export function findResNet(file: HostTensors, network: Network): FoundBackbone {
  const prefix = prefixIn(file, network);
  if (prefix === undefined)
    throw new ForeignWeightsError('The file has no "conv1.weight", so it is no ResNet.');
  const isOwn = (name: string) => name.startsWith(prefix) && OWN.test(name.slice(prefix.length));
  return {
    dialect: 'official',
    tensors: new Map(
      [...file].flatMap(([name, tensor]) => (isOwn(name) ? [[name.slice(prefix.length), tensor]] : [])),
    ),
    unexpected: [...file.keys()].filter((name) => !isOwn(name)),
  };
}

/** @throws ForeignWeightsError for a ResNet of another build than the 18 and 50 layers of torchvision's. */
export function resNetShapeOf(tensors: HostTensors): ResNetShape {
  const [width = 0, , side = 0] = tensors.get('conv1.weight')?.shape ?? [];
  const stem = STEMS[side];
  if (stem === undefined)
    throw new ForeignWeightsError(
      `Its first convolution is ${side} × ${side}; 7 × 7 and 3 × 3 can be built here.`,
    );
  const found = new Set(
    [...tensors.keys()].filter((name) => /conv\d\.weight$|downsample\.0\.weight$/.test(name)),
  );
  for (const architecture of ['resnet18', 'resnet50'] as const) {
    const shape = { architecture, width, stem };
    const wanted = convolutionsOf(resNetPlan(shape)).map(({ name }) => `${name}.weight`);
    if (wanted.length === found.size && wanted.every((name) => found.has(name))) return shape;
  }
  throw new ForeignWeightsError(
    `It has ${found.size} convolutions in other places than a ResNet-18 or a ResNet-50: only these can be built here.`,
  );
}
