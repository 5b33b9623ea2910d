/** How the closer look draws a map: its own choices over those of the whole tab. */
import { useMemo } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import type { MapStyle } from '../panels/AttentionTile.tsx';
import { largestOf } from '../panels/attention-maps.ts';
import { useView } from '../use-stores.ts';
import type { Drawing } from './DrawingTools.tsx';

/** A map's style but for its scale, which is each map's own: heads differ more in that than in where they look. */
export type LookStyle = Omit<MapStyle, 'low' | 'top'> & { fromZero: boolean };

export function useLookStyle({ colormap, masked, fromZero }: Drawing): LookStyle {
  const { smooth, opacity, mass } = useView((state) => state.overlay);
  return useMemo(
    () => ({ colormap, smooth, opacity, mass: masked ? mass : null, fromZero }),
    [colormap, smooth, opacity, mass, masked, fromZero],
  );
}

/** The values at the dark and the light end. */
export function scaleOf(
  { look, shown }: LookResult,
  values: Float32Array,
  { fromZero }: Pick<LookStyle, 'fromZero'>,
): { low: number; top: number } {
  const low = fromZero
    ? 0
    : values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  // In rollout the residual connections leave a patch most of itself, beside which nothing else would show.
  const others =
    shown.show === 'rollout' && look.patch !== null ? values.filter((_, i) => i !== look.patch) : values;
  return { low, top: largestOf(others.length > 0 ? others : values) };
}

/** Drawn to its own scale. */
export function useMapStyle(result: LookResult, values: Float32Array, style: LookStyle): MapStyle {
  return useMemo(() => ({ ...style, ...scaleOf(result, values, style) }), [result, values, style]);
}
