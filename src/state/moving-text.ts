/** Sentences and lines of code about what comes in and goes out. */
import type { RunConfig } from '../config/schema.ts';
import type { OpenedFile, WeightNames } from '../protocol/moving.ts';
import { countWords, plural } from './words.ts';

/** Python that reads the weights of a run of this config. */
export function weightsReader(names: WeightNames, { backbone, views }: RunConfig): string {
  const { patchSize, dim, depth, heads, mlpRatio, qkvBias } = backbone;
  const python = (value: boolean) => (value ? 'True' : 'False');
  if (backbone.architecture !== 'vit') return residualReader(backbone);
  const load = "from safetensors.torch import load_file\nweights = load_file('FILE.safetensors')";
  switch (names) {
    case 'official':
      return [
        load,
        'from functools import partial',
        'from torch import nn',
        'from vision_transformer import VisionTransformer  # of facebookresearch/dino',
        `model = VisionTransformer(img_size=[${views.globalSize}], patch_size=${patchSize},`,
        `    embed_dim=${dim}, depth=${depth}, num_heads=${heads}, mlp_ratio=${mlpRatio}, qkv_bias=${python(qkvBias)},`,
        '    norm_layer=partial(nn.LayerNorm, eps=1e-6))',
        'model.load_state_dict(weights)',
      ].join('\n');
    case 'timm':
      return [
        load,
        'from timm.models.vision_transformer import VisionTransformer',
        `model = VisionTransformer(img_size=${views.globalSize}, patch_size=${patchSize},`,
        `    embed_dim=${dim}, depth=${depth}, num_heads=${heads}, mlp_ratio=${mlpRatio}, qkv_bias=${python(qkvBias)},`,
        '    num_classes=0)',
        'model.load_state_dict(weights)',
      ].join('\n');
    case 'hugging-face':
      return [
        'from transformers import ViTImageProcessor, ViTModel',
        "model = ViTModel.from_pretrained('UNPACKED_FOLDER', add_pooling_layer=False)",
        "processor = ViTImageProcessor.from_pretrained('UNPACKED_FOLDER')",
      ].join('\n');
    default:
      return names satisfies never;
  }
}

/** torchvision builds the published width and stem; others take a line each. */
function residualReader({ architecture, width, stem }: RunConfig['backbone']): string {
  const published = width === 64 && stem === 'imagenet';
  return [
    'from safetensors.torch import load_file',
    'from torch import nn',
    'from torchvision import models',
    ...(published
      ? []
      : [
          `# Its ${width} channels and ${stem === 'small' ? '3 × 3 stem' : '7 × 7 stem'} are not torchvision’s:`,
          '# build the same layers with these first.',
        ]),
    `model = models.${architecture}()`,
    'model.fc = nn.Identity()',
    "model.load_state_dict(load_file('FILE.safetensors'))",
  ].join('\n');
}

/** Whose names are in a file. */
export function dialectText({ dialect, backbone, run }: OpenedFile): string {
  switch (dialect) {
    case 'state':
      return `A run that was saved here, at ${plural(run?.step ?? 0, 'step')}.`;
    case 'official':
      return backbone && backbone.architecture !== 'vit'
        ? 'Weights under the names of torchvision, which the official code uses and timm shares.'
        : 'Weights under the official names, which timm shares.';
    case 'hugging-face':
      return 'Weights under the names of Hugging Face’s ViTModel.';
    default:
      return dialect satisfies never;
  }
}

/** The network that a file's weights are of: "ViT of 12 blocks, 384 wide, 6 heads, patches of 16 px". */
export function networkText({ backbone, headsSaid, imageSize }: OpenedFile): string {
  if (!backbone) return '';
  if (backbone.architecture !== 'vit') {
    const name = backbone.architecture === 'resnet18' ? 'ResNet-18' : 'ResNet-50';
    return `A ${name} that begins with ${plural(backbone.width, 'channel')} and a ${backbone.stem === 'small' ? 'plain 3 × 3' : '7 × 7'} convolution.`;
  }
  const { depth, dim, heads, patchSize } = backbone;
  const assumed = headsSaid ? '' : ' (assumed, 64 wide each; no tensor tells)';
  return `A vision transformer of ${plural(depth, 'block')}, ${countWords(dim)} wide, with ${plural(heads, 'head')}${assumed} and patches of ${patchSize} px, its positions made for pictures of ${imageSize} px.`;
}
