/** Weights out of a file of any dialect: what is in it, held against the network that it claims to be, and made to fit. */
import { resampleMatrix } from '../core/positions.ts';
import type { OpenedSafetensors } from '../core/safetensors-blob.ts';
import type { RunState } from '../dino/run-state.ts';
import { storedShape, toOfficial, toStored } from '../model/border.ts';
import { type BackboneShape, isResNet, type NetworkShape } from '../model/shapes.ts';
import { networkSpec, type ParameterSpec } from '../model/specs.ts';
import { upload } from '../ops/assign.ts';
import { momentCount, type OptimizerSettings } from '../ops/optimizers.ts';
import {
  type Dialect,
  ForeignWeightsError,
  findBackbone,
  type HostTensor,
  type HostTensors,
  shapeOf,
  type WeightsReport,
  weightsReport,
} from './dialects.ts';
import { findResNet, holdsResNet, resNetShapeOf } from './resnet-names.ts';
import { aboutTree, type RunTree } from './state.ts';

export type NetworkName = 'teacher' | 'student';
type Between = () => Promise<void>;

/** A backbone by official names, in the official layout. */
export interface Weights {
  shape: BackboneShape;
  /** Side of the square that its table of positions is made for, pixels; of a ResNet, that it was trained on. */
  imageSize: number;
  tensors: HostTensors;
}

export interface FoundWeights extends Weights {
  dialect: Dialect;
  /** The file says how many heads there are; otherwise they are assumed to be 64 wide. */
  headsSaid: boolean;
  report: WeightsReport;
}

const BACKBONE = 'backbone.';
/** Blocks, and numbers in a token, beyond which no network is built here. */
const MOST_BLOCKS = 48;
const NARROWEST = 4;
const WIDEST = 2048;
/** The same for a ResNet's first convolution, and what torchvision's are trained on, pixels. */
const MOST_CHANNELS = 256;
const TORCHVISION_SIDE = 224;

/** The networks that a file has apart: both in a whole checkpoint, else one that may be either. */
export function networksIn({ tensors }: OpenedSafetensors): NetworkName[] {
  const has = (prefix: RegExp) => [...tensors.keys()].some((name) => prefix.test(name));
  return has(/^teacher[./]/) && has(/^student[./]/) ? ['teacher', 'student'] : ['teacher'];
}

/**
 * The backbone in a file of the field. Only what it needs is read.
 * @throws ForeignWeightsError when there is none, or one of another build; SafetensorsError when it cannot be read.
 */
export async function weightsIn(
  file: OpenedSafetensors,
  network: NetworkName,
  between: Between,
): Promise<FoundWeights> {
  // A first look by names and shapes alone says what has to be read.
  const outline = new Map(
    [...file.tensors].map(([name, { shape }]): [string, HostTensor] => [
      name,
      { shape, data: new Float32Array(0) },
    ]),
  );
  const residual = holdsResNet(outline, network);
  const find = residual ? findResNet : findBackbone;
  const { unexpected } = find(outline, network);
  const unused = new Set(unexpected);
  const read = new Map<string, HostTensor>();
  for (const [name, { shape }] of file.tensors) {
    if (unused.has(name)) continue;
    read.set(name, { shape, data: await file.floats(name) });
    await between();
  }
  const { dialect, tensors } = find(read, network);
  const claimed = residual ? residualIn(file, tensors) : transformerIn(file, tensors);
  const { shape, imageSize } = claimed;
  const report = await checkedReport(wantedOf(shape, imageSize), tensors, between);
  return {
    dialect,
    ...claimed,
    tensors,
    report: { ...report, unexpected: [...unexpected, ...report.unexpected] },
  };
}

type Claimed = Pick<FoundWeights, 'shape' | 'imageSize' | 'headsSaid'>;

function transformerIn({ metadata }: OpenedSafetensors, tensors: HostTensors): Claimed {
  demandBlocks(tensors);
  const { shape: assumed, imageSize } = shapeOf(tensors);
  const heads = headsSaid(metadata.heads, assumed.dim);
  const shape = { ...assumed, heads: heads ?? assumed.heads };
  if (!(shape.dim >= NARROWEST && shape.dim <= WIDEST && Number.isInteger(shape.dim / shape.heads)))
    throw new ForeignWeightsError(
      `Its tokens are ${shape.dim} numbers wide, in ${shape.heads} heads: ${NARROWEST} to ${WIDEST} can be built here, in heads of equal width.`,
    );
  return { shape, imageSize, headsSaid: heads !== null };
}

function residualIn({ metadata }: OpenedSafetensors, tensors: HostTensors): Claimed {
  const shape = resNetShapeOf(tensors);
  if (!(shape.width >= NARROWEST && shape.width <= MOST_CHANNELS))
    throw new ForeignWeightsError(
      `It begins with ${shape.width} channels: ${NARROWEST} to ${MOST_CHANNELS} can be built here.`,
    );
  const said = Number(metadata.image_size);
  return { shape, imageSize: Number.isInteger(said) && said > 0 ? said : TORCHVISION_SIDE, headsSaid: true };
}

/** The report, with the numbers looked at in pieces: there may be a hundred million. */
export async function checkedReport(
  wanted: readonly { name: string; shape: readonly number[] }[],
  found: HostTensors,
  between: Between,
): Promise<WeightsReport> {
  const damaged = new Set<string>();
  const outline = new Map<string, HostTensor>();
  for (const [name, { shape, data }] of found) {
    outline.set(name, { shape, data: new Float32Array(0) });
    if (!allFinite(data)) damaged.add(name);
    await between();
  }
  const report = weightsReport(wanted, outline);
  return {
    ...report,
    matched: report.matched.filter((name) => !damaged.has(name)),
    damaged: report.matched.filter((name) => damaged.has(name)),
  };
}

function allFinite(data: Float32Array): boolean {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
}

/** Said by the files that are written here; nothing in the tensors tells it. */
function headsSaid(text: string | undefined, dim: number): number | null {
  const heads = Number(text);
  return Number.isInteger(heads) && heads >= 1 && heads <= dim ? heads : null;
}

/** Each block from the first to the last; what a hostile name claims would be built otherwise. */
function demandBlocks(tensors: HostTensors): void {
  const blocks = new Set(
    [...tensors.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.slice(1, 2) ?? []),
  );
  if (blocks.size > MOST_BLOCKS)
    throw new ForeignWeightsError(`It has ${blocks.size} blocks; at most ${MOST_BLOCKS} can be built here.`);
  for (let i = 0; i < blocks.size; i++)
    if (!blocks.has(String(i)))
      throw new ForeignWeightsError(`It has ${blocks.size} blocks, and lacks block ${i}.`);
}

const LEAST_HEAD = {
  layers: 1,
  hidden: 4,
  bottleneck: null,
  prototypes: 2,
  batchNorm: 'off',
  lastBatchNorm: false,
  l2Bottleneck: false,
  lastLayer: 'free',
  normLastLayer: false,
} as const;

/** Parameters, and the running statistics of a ResNet. */
function backboneSpecs(backbone: BackboneShape, imageSize: number): ParameterSpec[] {
  const { parameters, buffers } = networkSpec({ imageSize, backbone, head: LEAST_HEAD });
  return [...parameters, ...buffers].filter(({ name }) => name.startsWith(BACKBONE));
}

const wantedOf = (shape: BackboneShape, imageSize: number) =>
  backboneSpecs(shape, imageSize).map((each) => ({
    name: each.name.slice(BACKBONE.length),
    shape: each.shape,
  }));

/** Whether nothing lacks, and nothing is of another shape or no number. */
export const isWhole = ({ missing, misshaped, damaged }: WeightsReport): boolean =>
  missing.length + misshaped.length + damaged.length === 0;

/**
 * The weights for views of another size: the positions are resampled as the official interpolate_pos_encoding does it,
 * the CLS token's slot stays.
 */
export function fittedTo(weights: Weights, imageSize: number): Weights {
  const { shape, tensors } = weights;
  const table = tensors.get('pos_embed');
  if (imageSize === weights.imageSize || !table || isResNet(shape)) return weights;
  const { dim, patchSize } = shape;
  const [from, to] = [weights.imageSize / patchSize, imageSize / patchSize];
  const matrix = resampleMatrix(from, to, to);
  const data = new Float32Array((1 + to * to) * dim);
  data.set(table.data.subarray(0, dim));
  for (let row = 0; row < to * to; row++)
    for (let k = 0; k < from * from; k++) {
      const weight = matrix[row * from * from + k] ?? 0;
      if (weight === 0) continue;
      for (let d = 0; d < dim; d++) {
        const at = (1 + row) * dim + d;
        data[at] = (data[at] ?? 0) + weight * (table.data[(1 + k) * dim + d] ?? 0);
      }
    }
  const fitted = new Map(tensors).set('pos_embed', { shape: [1, 1 + to * to, dim], data });
  return { shape, imageSize, tensors: fitted };
}

/** Values by name, in our layout, for both backbones of a run that starts from the weights. */
export type StartValues = ReadonlyMap<string, Float32Array>;

/** @throws RangeError when a tensor lacks, or is of another shape. */
export function startValues({ shape, imageSize, tensors }: Weights): StartValues {
  return new Map(
    backboneSpecs(shape, imageSize).map((spec) => {
      const found = tensors.get(spec.name.slice(BACKBONE.length));
      if (found?.shape.join() !== spec.shape.join()) throw new RangeError(`The weights lack "${spec.name}"`);
      return [spec.name, toStored(spec, found.data)];
    }),
  );
}

/** Student and teacher of a run that has not begun have these values; the heads stay as they are. */
export function placeStart({ student, teacher }: RunState, values: StartValues): void {
  for (const { parameters, buffers } of [student, teacher])
    for (const [name, value] of values) {
      const tensor = parameters.get(name) ?? buffers.get(name);
      if (!tensor) throw new RangeError(`The run has no "${name}" to start from weights`);
      upload(tensor, value);
    }
}

/** What a state of a run of this shape has: every name, and its shape in our layout. */
export function wantedOfState(
  shape: NetworkShape,
  optimizer: OptimizerSettings,
): { name: string; shape: readonly number[] }[] {
  const { parameters, buffers } = networkSpec(shape);
  const under = (prefix: string, specs: readonly ParameterSpec[]) =>
    specs.map((each) => ({ name: prefix + each.name, shape: storedShape(each) }));
  return [
    ...under('student/', [...parameters, ...buffers]),
    ...under('teacher/', [...parameters, ...buffers]),
    ...Array.from({ length: momentCount(optimizer) }, (_, i) => under(`moments.${i}/`, parameters)).flat(),
    { name: 'center', shape: [1, shape.head.prototypes] },
  ];
}

/** A whole state of ours, tensor by tensor. @throws StateError, SafetensorsError */
export async function treeIn(file: OpenedSafetensors, between: Between): Promise<RunTree> {
  const about = aboutTree(file.metadata);
  const tensors = new Map<string, HostTensor>();
  for (const [name, { shape }] of file.tensors) {
    tensors.set(name, { shape, data: await file.floats(name) });
    await between();
  }
  return { ...about, tensors };
}

/** One backbone of a state. @throws RangeError when a tensor lacks, or is of another shape. */
export function weightsOfState(
  { tensors }: RunTree,
  { imageSize, backbone }: { imageSize: number; backbone: BackboneShape },
  network: NetworkName,
): Weights {
  const official = backboneSpecs(backbone, imageSize).map((spec): [string, HostTensor] => {
    const found = tensors.get(`${network}/${spec.name}`);
    if (found?.shape.join() !== storedShape(spec).join())
      throw new RangeError(`The state lacks "${network}/${spec.name}"`);
    const data = toOfficial(spec, found.data);
    return [spec.name.slice(BACKBONE.length), { shape: spec.shape, data }];
  });
  return { shape: backbone, imageSize, tensors: new Map(official) };
}
