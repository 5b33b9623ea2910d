/** The weights of one network alone, as files of the field: the official names, timm's (the same), Hugging Face's. */
import { safetensorsHeader } from '../core/safetensors.ts';
import { toOfficial } from '../model/border.ts';
import type { Tensors } from '../model/network.ts';
import type { NetworkShape } from '../model/shapes.ts';
import { networkSpec } from '../model/specs.ts';
import { type HostTensor, type HostTensors, hubConfig, toHub } from './dialects.ts';

/** Lets others in between two tensors. */
type Between = () => Promise<void>;

const BACKBONE = 'backbone.';
/** Version of the metadata beside a backbone. */
export const WEIGHTS_FORMAT = 'dino-playground-weights/1';

/** The backbone by official names, `network` with its buffers, without "backbone." before them, in the official layout. */
export async function backboneOf(
  network: Tensors,
  shape: NetworkShape,
  between: Between,
): Promise<HostTensors> {
  const backbone = new Map<string, HostTensor>();
  const { parameters, buffers } = networkSpec(shape);
  for (const parameter of [...parameters, ...buffers]) {
    if (!parameter.name.startsWith(BACKBONE)) continue;
    const tensor = network.get(parameter.name);
    if (!tensor) throw new RangeError(`The run has no "${parameter.name}"`);
    const data = toOfficial(parameter, Float32Array.from(await tensor.data<'float32'>()));
    backbone.set(parameter.name.slice(BACKBONE.length), { shape: parameter.shape, data });
    await between();
  }
  return backbone;
}

/** What no tensor tells of a backbone, for whoever opens the file here again. */
export function untold({ imageSize, backbone }: NetworkShape): Record<string, string> {
  return {
    ...('heads' in backbone ? { heads: String(backbone.heads) } : {}),
    image_size: String(imageSize),
  };
}

/** The metadata of a file of one backbone, `about` in them. */
export function weightsMetadata(shape: NetworkShape, about: Record<string, string>): Record<string, string> {
  // "pt" is what Python's readers expect of weights for PyTorch.
  return {
    format: 'pt',
    written_by: WEIGHTS_FORMAT,
    ...untold(shape),
    ...about,
  };
}

/** A safetensors file in pieces. */
export function weightsPieces(tensors: HostTensors, metadata: Record<string, string>): Uint8Array[] {
  const planned = new Map([...tensors].map(([name, { shape }]) => [name, { dtype: 'F32', shape } as const]));
  return [
    safetensorsHeader(metadata, planned),
    ...[...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ];
}

export interface NamedPieces {
  name: string;
  pieces: Uint8Array[];
}

/** What `ViTModel.from_pretrained` reads from a folder, and the pictures' way into it. */
export function hubFolder(
  backbone: HostTensors,
  shape: NetworkShape,
  about: Record<string, string>,
): NamedPieces[] {
  const text = (value: unknown) => [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)];
  return [
    { name: 'config.json', pieces: text(hubConfig(shape.backbone, shape.imageSize)) },
    { name: 'preprocessor_config.json', pieces: text(hubPreprocessor(shape.imageSize)) },
    { name: 'model.safetensors', pieces: weightsPieces(toHub(backbone), weightsMetadata(shape, about)) },
  ];
}

/** As the evaluation here prepares pictures: bicubic (PIL's 3), ImageNet's mean and deviation. */
function hubPreprocessor(imageSize: number): Record<string, unknown> {
  return {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: imageSize, width: imageSize },
    resample: 3,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
  };
}
