/** What the colors of a video's map say; they say the same in every frame. */
import type { MapStyle } from '../panels/AttentionTile.tsx';
import { formatShare } from '../panels/attention-maps.ts';
import pictures from '../panels/pictures.module.css';
import { ScaleBar } from './ScaleBar.tsx';

interface Props {
  style: MapStyle;
  /** Patches of a frame. */
  patches: number;
}

export function VideoLegend({ style: { mass, colormap, low, top }, patches }: Props) {
  return (
    // It stays below the player: held at the edge of the window it would lie over the controls.
    <div className={pictures.legend} style={{ position: 'static' }}>
      {mass === null ? (
        <ScaleBar colormap={colormap} low={low} top={top ?? 0} />
      ) : (
        <div>Clear: the patches that hold the top {Math.round(mass * 100)} %. The rest is darkened.</div>
      )}
      <div className={pictures.readout}>
        From the CLS token.{' '}
        {mass === null &&
          `One scale for all frames: from ${low === 0 ? 'zero' : 'the least'} to the largest share of any of them; an even share would be ${formatShare(1 / patches)} a patch.`}
      </div>
    </div>
  );
}
