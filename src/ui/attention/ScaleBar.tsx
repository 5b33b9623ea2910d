/** The color bar of a map, with the shares at its ends. */
import { type ColormapName, gradientOf } from '../../core/colormap.ts';
import pictures from '../panels/pictures.module.css';

interface Props {
  colormap: ColormapName;
  /** Shares of the attention at the dark and the light end. */
  low: number;
  top: number;
}

export function ScaleBar({ colormap, low, top }: Props) {
  return (
    <div>
      <div
        className={pictures.bar}
        style={{ background: gradientOf(colormap) }}
        role="img"
        aria-label={`Color scale, ${colormap}: dark is none`}
      />
      <div className={pictures.barEnds}>
        <span>{scaleEnd(low)}</span>
        <span>{scaleEnd(top)}</span>
      </div>
    </div>
  );
}

/** Three digits, so that the ends of an even map's scale differ. */
const scaleEnd = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
