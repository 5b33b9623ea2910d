/** Says of a network without attention why a question about attention has no answer. */
import type { RunConfig } from '../config/schema.ts';
import { type BackboneShape, isResNet, type VitShape } from '../model/shapes.ts';

/** The run's network is a ResNet; the message is a sentence for the person. */
export class NoAttentionError extends Error {
  override name = 'NoAttentionError';

  constructor() {
    super(
      'This run’s network is a ResNet: it has no attention, blocks of tokens or patches to look into. The attention panel shows its activation maps; for everything else choose a ViT.',
    );
  }
}

/** The vision transformer of a run. @throws NoAttentionError where it is a ResNet. */
export function vitOf({ backbone }: RunConfig): VitShape {
  const shape: BackboneShape = backbone;
  if (isResNet(shape)) throw new NoAttentionError();
  return shape;
}
