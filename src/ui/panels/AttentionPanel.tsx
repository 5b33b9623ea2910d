/** What the CLS token looks at: pinned images × heads of the last block, teacher and student. */
import { useElementSize } from '@mantine/hooks';
import { Fragment, useMemo, useState } from 'react';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { formatCount } from '../charts/format.ts';
import { useSession, useView } from '../use-stores.ts';
import { AttentionLegend } from './AttentionLegend.tsx';
import { AttentionRow, type PatchPoint } from './AttentionRow.tsx';
import type { MapStyle } from './AttentionTile.tsx';
import { AttentionTools, type Look } from './AttentionTools.tsx';
import { bestHead, columnsOf, largestOf, type MapColumn, mapOf } from './attention-maps.ts';
import { PanelFrame } from './PanelFrame.tsx';
import panel from './panels.module.css';
import classes from './pictures.module.css';

export function AttentionPanel() {
  const snapshot = useView((state) => state.attention);
  const step = useSession(({ status }) => status?.step ?? 0);
  const [look, setLook] = useState<Look>({ colormap: 'viridis', shared: false, object: false });
  const hasObjects = snapshot?.images.some(({ mask }) => mask !== null) ?? false;
  const behind = snapshot ? Math.max(0, step - snapshot.step) : 0;
  return (
    <PanelFrame
      title="Attention"
      figure={
        snapshot && (
          <>
            snapshot of <strong>step {formatCount(snapshot.step)}</strong>
            {behind > 0 && `, ${formatCount(behind)} ago`}
          </>
        )
      }
      about="How much the CLS token of the last block, from which the image's feature is made, attends to each patch, one map a head. Nobody tells the network where the object is; when training goes well, some heads find it all the same. Not every head does, and the maps in the paper are of hand-picked heads of large networks. The mask keeps the patches that hold the top share of a head's attention."
      source="Caron et al. 2021, Fig. 1, 3 and 4, §4.2.2; masks as in visualize_attention.py of the official code."
    >
      <AttentionTools
        look={look}
        onLook={(change) => setLook((before) => ({ ...before, ...change }))}
        hasObjects={hasObjects}
      />
      {snapshot ? (
        <Maps snapshot={snapshot} look={look} />
      ) : (
        <div className={panel.empty}>
          <strong>No snapshot yet</strong>
          Press Train: every few seconds the maps of each head appear here, a row for each pinned image.
        </div>
      )}
    </PanelFrame>
  );
}

/** A map is comfortable from this side on: with room for more, several images share a line. */
const COMFORT = 118;
const LARGEST = 224;
const SMALLEST = 52;
const GAP = 6;
const GROUP_GAP = 18;

/** How many images stand side by side, and how large a map is, in a panel `width` wide. */
function layout(width: number, columns: number, images: number): { groups: number; side: number } {
  const fit = Math.floor((width + GROUP_GAP) / (columns * (COMFORT + GAP) + GROUP_GAP));
  const groups = Math.max(1, Math.min(fit, images));
  const room = (width - (groups - 1) * GROUP_GAP - groups * (columns - 1) * GAP) / (groups * columns);
  return { groups, side: Math.floor(Math.min(LARGEST, Math.max(SMALLEST, room))) };
}

function Maps({ snapshot, look }: { snapshot: AttentionSnapshot; look: Look }) {
  const { ref, width } = useElementSize();
  const pixelRatio = usePixelRatio();
  const pinned = useView((state) => state.pinned);
  const overlay = useView((state) => state.overlay);
  const [point, setPoint] = useState<PatchPoint | null>(null);
  const { heads } = snapshot;
  const columns = useMemo(() => columnsOf(heads, overlay), [heads, overlay]);
  const top = useMemo(() => {
    if (!look.shared) return null;
    return largestOf(
      snapshot.images.flatMap((image) => columns.map((each) => largestOf(mapOf(image, each, heads)))),
    );
  }, [snapshot, columns, heads, look.shared]);
  const style = useMemo<MapStyle>(
    () => ({
      colormap: look.colormap,
      top,
      smooth: overlay.smooth,
      opacity: overlay.opacity,
      mass: overlay.mode === 'mask' ? overlay.mass : null,
    }),
    [look.colormap, top, overlay],
  );
  if (pinned.length === 0)
    return (
      <div className={panel.empty}>
        <strong>No image is pinned</strong>
        Pin images above to see their maps.
      </div>
    );
  const { groups, side } = layout(width, columns.length + 1, pinned.length);
  return (
    <div ref={ref}>
      {width > 0 && (
        <div
          className={classes.maps}
          style={{
            gridTemplateColumns: Array(groups)
              .fill(`repeat(${columns.length + 1}, ${side}px)`)
              .join(` ${GROUP_GAP - 2 * GAP}px `),
            gap: GAP,
            overflowX: 'auto',
          }}
        >
          {Array.from({ length: groups }, (_, group) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the groups are places, not things
            <Fragment key={group}>
              {group > 0 && <span />}
              <Heads snapshot={snapshot} columns={columns} />
            </Fragment>
          ))}
          {pinned.map((id, i) => (
            <Fragment key={id}>
              {i % groups > 0 && <span />}
              <AttentionRow
                id={id}
                snapshot={snapshot}
                columns={columns}
                style={style}
                mass={overlay.mass}
                showObject={look.object}
                side={side}
                pixelRatio={pixelRatio}
                cursor={point?.id === id ? point.patch : null}
                onPoint={setPoint}
              />
            </Fragment>
          ))}
        </div>
      )}
      {snapshot.overlap && overlay.mode !== 'mean' && (
        <p className={panel.quiet}>
          × is the attention on the object over the object's share of the area, mean of{' '}
          {snapshot.overlap.images} images; 1× is looking anywhere.
        </p>
      )}
      <AttentionLegend snapshot={snapshot} columns={columns} style={style} point={point} />
    </div>
  );
}

function Heads({ snapshot, columns }: { snapshot: AttentionSnapshot; columns: readonly MapColumn[] }) {
  return (
    <>
      <div className={classes.columnHead}>
        <b>Image</b>
      </div>
      {columns.map(({ network, head, name }) => {
        const ratio = head === null ? undefined : snapshot.overlap?.[network][head];
        const best = head !== null && head === bestHead(snapshot, network);
        return (
          <div key={name} className={classes.columnHead} data-best={best}>
            <b style={{ color: `var(--${network})` }}>{name}</b>
            {ratio !== undefined && (
              <em title={`${ratio.toFixed(2)} times the object's share of the area`}>
                {ratio.toFixed(1)}× object{best && ', best'}
              </em>
            )}
          </div>
        );
      })}
    </>
  );
}
