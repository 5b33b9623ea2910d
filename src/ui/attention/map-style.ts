/** How the closer look draws a map: its own choices over those of the whole tab. */
import { useMemo } from 'react';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import { useView } from '../use-stores.ts';
import type { Drawing } from './CloserTools.tsx';

/** Each map goes to its own largest value: heads differ more in that than in where they look. */
export function useMapStyle({ colormap, masked }: Drawing): MapStyle {
  const { smooth, opacity, mass } = useView((state) => state.overlay);
  return useMemo(
    () => ({ colormap, top: null, smooth, opacity, mass: masked ? mass : null }),
    [colormap, smooth, opacity, mass, masked],
  );
}
