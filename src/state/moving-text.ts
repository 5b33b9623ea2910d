/** Sentences and lines of code about what comes in and goes out. */
import type { RunConfig } from '../config/schema.ts';
import type { WeightNames } from '../protocol/moving.ts';

/** Python that reads the weights of a run of this config. */
export function weightsReader(names: WeightNames, { backbone, views }: RunConfig): string {
  const { patchSize, dim, depth, heads, mlpRatio, qkvBias } = backbone;
  const python = (value: boolean) => (value ? 'True' : 'False');
  const load = "from safetensors.torch import load_file\nweights = load_file('FILE.safetensors')";
  switch (names) {
    case 'official':
      return [
        load,
        'from functools import partial',
        'from torch import nn',
        'from vision_transformer import VisionTransformer  # of facebookresearch/dino',
        `model = VisionTransformer(img_size=[${views.globalSize}], patch_size=${patchSize}, embed_dim=${dim}, depth=${depth},`,
        `    num_heads=${heads}, mlp_ratio=${mlpRatio}, qkv_bias=${python(qkvBias)}, norm_layer=partial(nn.LayerNorm, eps=1e-6))`,
        'model.load_state_dict(weights)',
      ].join('\n');
    case 'timm':
      return [
        load,
        'from timm.models.vision_transformer import VisionTransformer',
        `model = VisionTransformer(img_size=${views.globalSize}, patch_size=${patchSize}, embed_dim=${dim}, depth=${depth},`,
        `    num_heads=${heads}, mlp_ratio=${mlpRatio}, qkv_bias=${python(qkvBias)}, num_classes=0)`,
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
