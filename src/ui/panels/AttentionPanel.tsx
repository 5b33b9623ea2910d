/** What the CLS token looks at: pinned images × heads of the last block, teacher and student. */
import { useElementSize } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import { snapshotAt } from '../../state/snapshot-history.ts';
import { Overlaps, Scrubber } from '../attention/Scrubber.tsx';
import { crispSize, type Size } from '../canvas/fit.ts';
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

const WORDS = {
  attention: {
    title: 'Attention',
    about:
      "How much the CLS token of the last block, from which the image's feature is made, attends to each patch, one map a head. Nobody tells the network where the object is; when training goes well, some heads find it all the same. Not every head does, and the maps in the paper are of hand-picked heads of large networks. The mask keeps the patches that hold the top share of a head's attention.",
    source:
      'Caron et al. 2021, Fig. 1, 3 and 4, §4.2.2; masks as in visualize_attention.py of the official code.',
  },
  activation: {
    title: 'Activation maps',
    about:
      'A ResNet has no attention. Its feature is the mean of what its last stage says of every place; the first map is the share that each place has in the squared length of that feature, the others are of the three channels that are strongest in it, each picture by itself. Places overlap widely in what they see, and there are few of them: the maps are coarse. Bright is what the embedding is made of, which need not be the object.',
    source:
      'Zhou et al. 2016, Learning Deep Features for Discriminative Localization, with the embedding itself in the place of a class.',
  },
} as const;

export function AttentionPanel() {
  const newest = useView((state) => state.attention);
  const history = useView((state) => state.history);
  const shownStep = useView((state) => state.shownStep);
  const snapshot = shownStep === null ? newest : snapshotAt(history, shownStep);
  const step = useSession(({ status }) => status?.step ?? 0);
  const [look, setLook] = useState<Look>({ colormap: 'viridis', shared: false, object: false });
  const words = WORDS[snapshot?.kind ?? 'attention'];
  const hasObjects = snapshot?.images.some(({ mask }) => mask !== null) ?? false;
  const behind = snapshot ? Math.max(0, step - snapshot.step) : 0;
  return (
    <PanelFrame
      title={words.title}
      figure={
        snapshot && (
          <>
            snapshot of <strong>step {formatCount(snapshot.step)}</strong>
            {behind > 0 && `, ${formatCount(behind)} ago`}
          </>
        )
      }
      about={words.about}
      source={words.source}
    >
      <AttentionTools
        look={look}
        onLook={(change) => setLook((before) => ({ ...before, ...change }))}
        hasObjects={hasObjects}
        activation={snapshot?.kind === 'activation'}
      />
      <Scrubber />
      {snapshot ? (
        <>
          <Maps snapshot={snapshot} look={look} />
          <Overlaps />
        </>
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
const GROUP_GAP = 20;

interface Layout {
  /** Images side by side. */
  groups: number;
  /** Lines of maps an image; two when teacher and student do not fit on one. */
  lines: number;
  /** Of a picture and of each map, CSS pixels. */
  size: Size;
}

/** @param maps of one image */
function layout(
  width: number,
  snapshot: AttentionSnapshot,
  maps: number,
  networks: number,
  ratio: number,
): Layout {
  const groupsOf = (perLine: number) =>
    Math.floor((width + GROUP_GAP) / ((perLine + 1) * (COMFORT + GAP) + GROUP_GAP));
  const lines = networks === 2 && groupsOf(maps) < 1 ? 2 : 1;
  const perLine = maps / lines;
  const groups = Math.max(1, Math.min(groupsOf(perLine), snapshot.images.length));
  const room = (width - (groups - 1) * GROUP_GAP - groups * perLine * GAP) / (groups * (perLine + 1));
  const side = Math.min(LARGEST, Math.max(SMALLEST, room));
  return { groups, lines, size: tileSize(snapshot, side, ratio) };
}

/** Whole device pixels a picture's pixel; where that wastes room, whole ones a patch at least. */
function tileSize({ images, rows, columns }: AttentionSnapshot, side: number, ratio: number): Size {
  const box = { width: side, height: 1.5 * side };
  const patches = crispSize({ width: columns, height: rows }, box, ratio);
  const exact = images[0] ? crispSize(images[0].pixels, box, ratio) : patches;
  return exact.width > 0.85 * patches.width ? exact : patches;
}

function Maps({ snapshot, look }: { snapshot: AttentionSnapshot; look: Look }) {
  const { ref, width } = useElementSize();
  const pixelRatio = usePixelRatio();
  const pinned = useView((state) => state.pinned);
  const overlay = useView((state) => state.overlay);
  const [point, setPoint] = useState<PatchPoint | null>(null);
  const { heads, kind } = snapshot;
  const columns = useMemo(() => columnsOf({ heads, ...(kind && { kind }) }, overlay), [heads, kind, overlay]);
  const top = useMemo(() => {
    if (!look.shared) return null;
    return largestOf(
      snapshot.images.flatMap((image) => columns.map((each) => largestOf(mapOf(image, each, heads)))),
    );
  }, [snapshot, columns, heads, look.shared]);
  const style = useMemo<MapStyle>(
    () => ({
      colormap: look.colormap,
      low: 0,
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
  const networks = overlay.network === 'both' ? 2 : 1;
  const { groups, lines, size } = layout(width, snapshot, columns.length, networks, pixelRatio);
  const perLine = columns.length / lines;
  const line = { gridTemplateColumns: `repeat(${perLine + 1}, ${size.width}px)`, gap: GAP };
  return (
    <div ref={ref}>
      {width > 0 && (
        <div
          className={classes.maps}
          style={{ gridTemplateColumns: `repeat(${groups}, max-content)`, columnGap: GROUP_GAP, rowGap: GAP }}
        >
          {Array.from({ length: groups }, (_, group) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the groups are places, not things
            <div key={group} className={classes.mapsLine} style={line}>
              <Heads snapshot={snapshot} columns={columns} lines={lines} />
            </div>
          ))}
          {pinned.map((id) => (
            <div key={id} className={classes.mapsLine} style={line}>
              <AttentionRow
                id={id}
                snapshot={snapshot}
                columns={columns}
                lines={lines}
                style={style}
                mass={overlay.mass}
                showObject={look.object}
                size={size}
                cursor={point?.id === id ? point.patch : null}
                onPoint={setPoint}
              />
            </div>
          ))}
        </div>
      )}
      {snapshot.overlap && overlay.mode !== 'mean' && (
        <p className={panel.quiet} style={{ marginTop: 6 }}>
          2× means: the object gets twice {snapshot.kind ? 'of the map' : 'the attention'} that its share of
          the area would give it; 1× is looking anywhere. Mean of {snapshot.overlap.images} images with a
          known object.
        </p>
      )}
      <AttentionLegend snapshot={snapshot} columns={columns} style={style} point={point} />
    </div>
  );
}

interface HeadsProps {
  snapshot: AttentionSnapshot;
  columns: readonly MapColumn[];
  lines: number;
}

/** What stands above the maps: network and head, and how much more than its area the object gets. */
function Heads({ snapshot, columns, lines }: HeadsProps) {
  const perLine = columns.length / lines;
  const bothOnALine = lines === 1 && columns[0]?.network !== columns.at(-1)?.network;
  return (
    <>
      <div className={classes.columnHead}>
        <b>Image</b>
      </div>
      {columns.slice(0, perLine).map((column, i) => (
        <div key={column.name} className={classes.columnHead}>
          <b>{bothOnALine ? column.name : column.headName}</b>
          {columns
            .filter((_, j) => j % perLine === i)
            .map((each) => (
              <Overlap key={each.name} snapshot={snapshot} column={each} named={lines > 1} />
            ))}
        </div>
      ))}
    </>
  );
}

function Overlap({
  snapshot,
  column,
  named,
}: {
  snapshot: AttentionSnapshot;
  column: MapColumn;
  named: boolean;
}) {
  const { network, head } = column;
  const ratio = head === null ? undefined : snapshot.overlap?.[network][head];
  if (ratio === undefined) return null;
  const best = head === bestHead(snapshot, network);
  return (
    <em data-best={best} title={`${ratio.toFixed(2)} times the object's share of the area`}>
      {named && `${network} `}
      {ratio.toFixed(1)}×{best && ', best'}
    </em>
  );
}
