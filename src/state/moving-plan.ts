/** The settings under which a run can start from weights: their network, and views whose sides are whole patches. */
import { applyOverrides, OverridesError } from '../config/overrides.ts';
import type { RunConfig } from '../config/schema.ts';
import type { OpenedFile } from '../protocol/moving.ts';

/** The global views are as large as those the weights were made with, or about as large as they are now. */
export type ViewSize = 'made' | 'present';

type Found = Pick<OpenedFile, 'backbone' | 'imageSize'>;

/** Of the paper's local views to its global ones: 96 to 224. */
const LOCAL_SHARE = 96 / 224;

/**
 * The present settings with the network of the file, and view sizes in whole patches. Null where no settings fit: the
 * file's network cannot be built here, or its patches are larger than a view can be.
 */
export function startConfig(
  present: RunConfig,
  { backbone, imageSize }: Found,
  size: ViewSize,
): RunConfig | null {
  if (!backbone) return null;
  // A ResNet takes views of any size.
  const patchSize = backbone.architecture === 'vit' ? backbone.patchSize : 1;
  const { views } = present;
  const whole = (side: number) => Math.max(1, Math.round(side / patchSize)) * patchSize;
  const globalSize = size === 'made' ? imageSize : whole(views.globalSize);
  const localSize = whole(size === 'made' ? LOCAL_SHARE * imageSize : views.localSize);
  try {
    return applyOverrides(present, { backbone, views: { globalSize, localSize } });
  } catch (error) {
    if (error instanceof OverridesError) return null;
    throw error;
  }
}

/** "224 px, 14 × 14 patches". */
export function viewText({ views, backbone }: RunConfig): string {
  if (backbone.architecture !== 'vit') return `${views.globalSize} px`;
  const side = views.globalSize / backbone.patchSize;
  return `${views.globalSize} px, ${side} × ${side} patches`;
}
