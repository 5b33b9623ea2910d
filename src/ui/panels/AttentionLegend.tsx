/** The color bar with its scale, and what the patch under the pointer holds in every map. */
import { gradientOf } from '../../core/colormap.ts';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import type { PatchPoint } from './AttentionRow.tsx';
import type { MapStyle } from './AttentionTile.tsx';
import { formatShare, type MapColumn, mapOf } from './attention-maps.ts';
import classes from './pictures.module.css';

interface Props {
  snapshot: AttentionSnapshot;
  columns: readonly MapColumn[];
  style: MapStyle;
  point: PatchPoint | null;
}

export function AttentionLegend({ snapshot, columns, style, point }: Props) {
  const { top, mass, colormap } = style;
  const activation = snapshot.kind === 'activation';
  return (
    <div className={classes.legend}>
      {mass === null ? (
        <div>
          <div
            className={classes.bar}
            style={{ background: gradientOf(colormap) }}
            role="img"
            aria-label={`Color scale, ${colormap}: dark is none`}
          />
          <div className={classes.barEnds}>
            <span>0</span>
            <span>{top === null ? "each map's largest" : `${formatShare(top)}, all maps`}</span>
          </div>
        </div>
      ) : (
        <div>
          Clear: the patches that hold the top {Math.round(mass * 100)} %{' '}
          {activation ? 'of a map' : "of a head's attention"}. The rest is darkened.
        </div>
      )}
      <div className={classes.readout}>
        {point ? (
          <Reading snapshot={snapshot} columns={columns} point={point} />
        ) : (
          `Point at a ${activation ? 'place to read its share of each map' : 'patch to read its share of the attention'}, or reach a picture with Tab and walk with the arrow keys.`
        )}
      </div>
    </div>
  );
}

function Reading({
  snapshot,
  columns,
  point,
}: {
  snapshot: AttentionSnapshot;
  columns: readonly MapColumn[];
  point: PatchPoint;
}) {
  const image = snapshot.images.find(({ id }) => id === point.id);
  if (!image) return null;
  const row = Math.floor(point.patch / snapshot.columns) + 1;
  const column = (point.patch % snapshot.columns) + 1;
  const even = 1 / (snapshot.rows * snapshot.columns);
  return (
    <span role="status">
      Row {row}, column {column} (an even share is {formatShare(even)}):{' '}
      {columns.map((each, i) => {
        const share = mapOf(image, each, snapshot.heads)[point.patch] ?? 0;
        const named = columns[i - 1]?.network !== each.network;
        const text = `${named ? each.name : each.headName.toLowerCase()} ${formatShare(share)}`;
        return (
          <span key={each.name}>
            {i > 0 && ' · '}
            {i === point.column ? <b>{text}</b> : text}
          </span>
        );
      })}
      {image.mask && ` · object covers ${Math.round((image.mask[point.patch] ?? 0) * 100)} %`}
    </span>
  );
}
