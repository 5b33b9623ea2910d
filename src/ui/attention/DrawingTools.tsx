/** How maps are drawn over a picture: map or mask, opacity, colors, smoothing. */
import { SegmentedControl, Switch } from '@mantine/core';
import { COLORMAPS, type ColormapName } from '../../core/colormap.ts';
import { setOverlay } from '../../state/view.ts';
import { Share } from '../panels/AttentionTools.tsx';
import pictures from '../panels/pictures.module.css';
import { useView } from '../use-stores.ts';

export interface Drawing {
  colormap: ColormapName;
  /** The mask of the top mass in place of the map. */
  masked: boolean;
  /** Colors begin at 0, not at the map's least value. */
  fromZero: boolean;
}

export const FIRST_DRAWING: Drawing = { colormap: 'viridis', masked: false, fromZero: false };

interface Props {
  drawing: Drawing;
  /** PCA colors are shown, which have no color map. */
  colored: boolean;
  onDraw: (change: Partial<Drawing>) => void;
}

export function DrawingTools({ drawing, colored, onDraw }: Props) {
  const overlay = useView((state) => state.overlay);
  const masked = drawing.masked && !colored;
  return (
    <div className={pictures.toolbar}>
      {!colored && (
        <SegmentedControl
          size="xs"
          aria-label="How to draw maps"
          value={masked ? 'mask' : 'map'}
          onChange={(value) => onDraw({ masked: value === 'mask' })}
          data={[
            { value: 'map', label: 'Map' },
            { value: 'mask', label: 'Mask' },
          ]}
        />
      )}
      <Share
        name={masked ? 'Darken' : 'Opacity'}
        value={overlay.opacity}
        min={0}
        onChange={(opacity) => setOverlay({ opacity })}
      />
      {masked && (
        <Share name="Top mass" value={overlay.mass} min={0.05} onChange={(mass) => setOverlay({ mass })} />
      )}
      {!masked && !colored && (
        <SegmentedControl
          size="xs"
          aria-label="Color map"
          value={drawing.colormap}
          onChange={(colormap) => onDraw({ colormap })}
          data={[...COLORMAPS]}
        />
      )}
      {!masked && !colored && (
        <Switch
          size="xs"
          label="From zero"
          checked={drawing.fromZero}
          onChange={({ currentTarget }) => onDraw({ fromZero: currentTarget.checked })}
        />
      )}
      {!masked && !colored && (
        <Switch
          size="xs"
          label="Smooth"
          checked={overlay.smooth}
          onChange={({ currentTarget }) => setOverlay({ smooth: currentTarget.checked })}
        />
      )}
    </div>
  );
}
