/** The color bar of the large map, and what the patch under the pointer holds. */
import type { LookResult } from '../../protocol/looks.ts';
import { formatShare, largestOf } from '../panels/attention-maps.ts';
import pictures from '../panels/pictures.module.css';
import { useView } from '../use-stores.ts';
import type { Drawing } from './DrawingTools.tsx';
import type { LookMaps } from './look-maps.ts';
import { scaleOf } from './map-style.ts';
import { ScaleBar } from './ScaleBar.tsx';

interface Props {
  result: LookResult;
  maps: LookMaps;
  drawing: Drawing;
  pointed: number | null;
}

export function CloserLegend({ result, maps, drawing, pointed }: Props) {
  const mass = useView((state) => state.overlay.mass);
  const { values, name } = maps.chosen;
  const { low, top } = scaleOf(result, values, drawing);
  const { rows, columns } = result;
  const above = top < largestOf(values);
  const even = 1 / (rows * columns);
  return (
    <div className={pictures.legend}>
      {drawing.masked ? (
        <div>Clear: the patches that hold the top {Math.round(mass * 100)} %. The rest is darkened.</div>
      ) : (
        <ScaleBar colormap={drawing.colormap} low={low} top={top} />
      )}
      <div className={pictures.readout}>
        {drawing.fromZero ? 'From zero to' : 'From the least to'} the largest share of this map
        {above && ' but for the patch itself'}; an even share would be {formatShare(even)} a patch.{' '}
        {pointed !== null && pointed < values.length && (
          <>
            {name}, row {Math.floor(pointed / columns) + 1}, column {(pointed % columns) + 1}:{' '}
            <b>{formatShare(values[pointed] ?? 0)}</b>
          </>
        )}
      </div>
    </div>
  );
}
