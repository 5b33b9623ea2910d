/** Phase 9: the center, what the batch said on average, and the center that follows. */

import { formatValue } from '../charts/format.ts';
import { Bars, rangeOf } from './Bars.tsx';
import classes from './picture.module.css';
import { NEUTRAL, type PictureProps, TEACHER } from './pictures.ts';

const LABEL = 28;
const GAP = 10;

export function CenterPicture({ anatomy: { center, at }, room }: PictureProps) {
  const { before, mean, after } = center;
  const range = rangeOf(before, mean, after);
  const width = Math.floor(room.width);
  const height = Math.floor((room.height - 3 * LABEL - 2 * GAP) / 3);
  const rest = formatValue(Number((1 - at.centerMomentum).toPrecision(6)));
  const rows = [
    { name: 'Center before', values: before, color: NEUTRAL },
    { name: 'Mean of the teacher’s scores in this batch', values: mean, color: TEACHER },
    {
      name: at.centering
        ? `Center after: ${formatValue(at.centerMomentum)} of the first and ${rest} of the second`
        : 'Centering is off: the center stays 0',
      values: after,
      color: 'var(--accent)',
    },
  ];
  return (
    <div className={classes.stack} style={{ gap: GAP }}>
      {rows.map(({ name, values, color }) => (
        <div key={name}>
          <p className={classes.caption}>{name}</p>
          <Bars values={values} width={width} height={height} {...range} color={color} label={name} />
        </div>
      ))}
    </div>
  );
}
