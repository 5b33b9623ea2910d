/** A view of the image that is looked at, with its tag. */
import type { Specimen } from '../../protocol/anatomy.ts';
import { BOX_COLORS } from '../canvas/boxes.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { viewTag } from './answers.ts';
import classes from './picture.module.css';

interface Props {
  views: Specimen['views'];
  index: number;
  /** CSS pixels. */
  side: number;
}

export function ViewPicture({ views, index, side }: Props) {
  const view = views[index];
  if (!view) return null;
  const { pixels, kind } = view;
  const tag = viewTag(views, index);
  return (
    <div className={classes.view} style={{ borderColor: BOX_COLORS[kind] }}>
      <PixelCanvas pixels={pixels} size={{ width: side, height: side }} label={`${kind} view ${tag}`} />
      <span style={{ background: BOX_COLORS[kind] }}>{tag}</span>
    </div>
  );
}
