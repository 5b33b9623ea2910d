/** One head's map, small, with its name; pressed, it is shown large. */
import type { LookResult } from '../../protocol/looks.ts';
import type { Size } from '../canvas/fit.ts';
import { AttentionTile, type MapStyle } from '../panels/AttentionTile.tsx';
import classes from './closer.module.css';
import type { NamedMap } from './look-maps.ts';

interface Props {
  map: NamedMap;
  chosen: boolean;
  result: LookResult;
  picture: HTMLCanvasElement;
  style: MapStyle;
  size: Size;
  onChoose: (head: NamedMap['head']) => void;
}

export function HeadTile({
  map: { head, name, values },
  chosen,
  result,
  picture,
  style,
  size,
  onChoose,
}: Props) {
  return (
    <button type="button" className={classes.tile} aria-pressed={chosen} onClick={() => onChoose(head)}>
      <AttentionTile
        picture={picture}
        map={values}
        rows={result.rows}
        columns={result.columns}
        style={style}
        size={size}
        object={null}
        label=""
        tag=""
        cursor={null}
        onPoint={ignore}
      />
      <span>{head === null ? 'Mean' : name}</span>
    </button>
  );
}

const ignore = () => undefined;
