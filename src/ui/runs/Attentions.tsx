/** The attention of two runs on the same pinned images, at the snapshots nearest to a step. */

import { NativeSelect, Slider } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../protocol/runs.ts';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import { headName } from '../../state/map-name.ts';
import { tracesOf } from '../../state/runs.ts';
import { nearestSnapshot } from '../../state/snapshot-history.ts';
import { bitmapOf } from '../canvas/bitmap.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { formatCount } from '../charts/format.ts';
import { AttentionTile, type MapStyle } from '../panels/AttentionTile.tsx';
import {
  describeMap,
  type MapColumn,
  mapOf,
  type Network,
  type PinnedImage,
} from '../panels/attention-maps.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import pictures from '../panels/pictures.module.css';
import { nameOf, useCard } from '../panels/Thumbnail.tsx';
import { useRuns, useView } from '../use-stores.ts';
import { colorOf } from './colors.ts';
import classes from './runs.module.css';

const SIDE = 132;
const MEAN = 'mean';
const STYLE: MapStyle = { colormap: 'viridis', low: 0, top: null, smooth: false, opacity: 0.75, mass: null };

interface Side {
  run: RunRecord;
  history: readonly AttentionSnapshot[];
}

export function Attentions() {
  const runs = useRuns((state) => state.runs);
  const kept = useRuns((state) => state.kept);
  const growing = useView((state) => state.history);
  const sides = useMemo(() => sidesOf(runs, kept, growing), [runs, kept, growing]);
  return (
    <PanelFrame
      title="Attention compared"
      about="Where the CLS token of the last block looks, in two runs on the same pinned images, each at its snapshot nearest to the step that is chosen. Snapshots are taken every few seconds, so the two steps can differ a little; each says its own. Each map is drawn from zero to its own largest value."
      source="Caron et al. 2021, Fig. 1 and 3, §4.2.2."
    >
      {sides.length < 2 ? (
        <p className={panel.quiet}>
          With two runs that have trained, their attention on the same images stands side by side here: fork
          this one, or press Reset and train another.
        </p>
      ) : (
        <Pair sides={sides} />
      )}
    </PanelFrame>
  );
}

/** @param _kept and `_growing` stand for the snapshots of the runs that were left and of the present one. */
function sidesOf(runs: readonly RunRecord[], _kept: unknown, _growing: unknown): Side[] {
  return runs.flatMap((run) => {
    const history = tracesOf(run.id)?.history ?? [];
    return history.length > 0 ? [{ run, history }] : [];
  });
}

function Pair({ sides }: { sides: readonly Side[] }) {
  const [left, setLeft] = useState<number | null>(null);
  const [right, setRight] = useState<number | null>(null);
  const [network, setNetwork] = useState<Network>('teacher');
  const [head, setHead] = useState(MEAN);
  const [chosen, setChosen] = useState<number | null>(null);
  const pinned = useView((state) => state.pinned);
  const find = (id: number | null) => sides.find(({ run }) => run.id === id);
  const second = find(right) ?? sides.at(-1);
  const first = find(left) ?? parentOf(second, sides) ?? sides.find((side) => side !== second);
  if (!first || !second) return null;
  const last = Math.max(...[first, second].map(({ history }) => history.at(-1)?.step ?? 0));
  const step = Math.min(chosen ?? last, last);
  const shown = [first, second].flatMap((side) => {
    const snapshot = nearestSnapshot(side.history, step);
    return snapshot ? [{ ...side, snapshot }] : [];
  });
  const heads = Math.min(...shown.map(({ snapshot }) => snapshot.heads));
  // Two runs of different kinds of network have maps, and not heads, in common.
  const kinds = new Set(shown.map(({ snapshot }) => snapshot.kind));
  const named = (i: number) => (kinds.size > 1 ? `Map ${i + 1}` : headName(shown[0]?.snapshot ?? {}, i));
  const column = columnOf(network, head === MEAN || Number(head) >= heads ? null : Number(head));
  const ids = pinned.filter((id) =>
    shown.some(({ snapshot }) => snapshot.images.some((image) => image.id === id)),
  );
  const options = sides.map(({ run }) => ({ value: String(run.id), label: run.name }));
  return (
    <>
      <div className={pictures.toolbar}>
        <NativeSelect
          size="xs"
          aria-label="Run on the left"
          data={options}
          value={String(first.run.id)}
          onChange={(event) => setLeft(Number(event.currentTarget.value))}
        />
        <NativeSelect
          size="xs"
          aria-label="Run on the right"
          data={options}
          value={String(second.run.id)}
          onChange={(event) => setRight(Number(event.currentTarget.value))}
        />
        <NativeSelect
          size="xs"
          aria-label="Which network"
          data={[
            { value: 'teacher', label: 'Teacher' },
            { value: 'student', label: 'Student' },
          ]}
          value={network}
          onChange={(event) => setNetwork(event.currentTarget.value === 'student' ? 'student' : 'teacher')}
        />
        <NativeSelect
          size="xs"
          aria-label="Which head"
          data={[
            { value: MEAN, label: 'Mean of the heads' },
            ...Array.from({ length: heads }, (_, i) => ({ value: String(i), label: named(i) })),
          ]}
          value={column.head === null ? MEAN : String(column.head)}
          onChange={(event) => setHead(event.currentTarget.value)}
        />
      </div>
      <div className={panel.row} style={{ margin: '8px 0 12px' }}>
        <span>Step</span>
        <Slider
          flex={1}
          maw={320}
          size="sm"
          min={0}
          max={Math.max(1, last)}
          step={1}
          value={step}
          onChange={setChosen}
          label={null}
          thumbLabel="Step of both runs"
          thumbValueText={`near step ${formatCount(step)}`}
        />
        <span className={panel.quiet}>{formatCount(step)}</span>
      </div>
      <div className={classes.pair} style={{ gridTemplateColumns: `repeat(3, ${SIDE}px)` }}>
        <div className={classes.pairHead}>
          <b>Image</b>
        </div>
        {shown.map(({ run, snapshot }) => (
          <div key={`${run.id} ${snapshot.step}`} className={classes.pairHead}>
            <b>
              <i className={classes.dot} style={{ background: colorOf(run.id) }} aria-hidden="true" />
              {run.name}
            </b>
            <span>step {formatCount(snapshot.step)}</span>
          </div>
        ))}
        {ids.map((id) => (
          <Row key={id} id={id} shown={shown} column={column} />
        ))}
      </div>
    </>
  );
}

function parentOf(side: Side | undefined, sides: readonly Side[]): Side | undefined {
  return sides.find(({ run }) => run.id === side?.run.parent?.id);
}

function columnOf(network: Network, head: number | null): MapColumn {
  const who = network === 'teacher' ? 'Teacher' : 'Student';
  const headName = head === null ? 'mean' : `head ${head + 1}`;
  return { network, head, name: `${who} ${headName}`, headName };
}

interface RowProps {
  id: number;
  shown: readonly (Side & { snapshot: AttentionSnapshot })[];
  column: MapColumn;
}

function Row({ id, shown, column }: RowProps) {
  const name = nameOf(id, useCard(id));
  const ratio = usePixelRatio();
  const images = shown.map(({ snapshot }) => snapshot.images.find((image) => image.id === id));
  const picture = images.find((image) => image !== undefined);
  const size = crispSize(
    picture?.pixels ?? { width: SIDE, height: SIDE },
    { width: SIDE, height: SIDE },
    ratio,
  );
  return (
    <>
      {picture && <PixelCanvas pixels={picture.pixels} size={size} label={name} />}
      {shown.map(({ run, snapshot }, i) => {
        const image = images[i];
        return image ? (
          <RunMap
            key={run.id}
            image={image}
            snapshot={snapshot}
            column={column}
            size={size}
            label={`${run.name}, ${column.name} on ${name}`}
          />
        ) : (
          <div key={run.id} className={classes.missing} style={size}>
            It was not pinned at that step.
          </div>
        );
      })}
    </>
  );
}

interface MapProps {
  image: PinnedImage;
  snapshot: AttentionSnapshot;
  column: MapColumn;
  size: Size;
  label: string;
}

function RunMap({ image, snapshot: { heads, rows, columns }, column, size, label }: MapProps) {
  const [cursor, setCursor] = useState<number | null>(null);
  const { network, head } = column;
  const picture = useMemo(() => bitmapOf(image.pixels), [image]);
  const map = useMemo(
    () => mapOf(image, { network, head, name: '', headName: '' }, heads),
    [image, network, head, heads],
  );
  return (
    <AttentionTile
      picture={picture}
      map={map}
      rows={rows}
      columns={columns}
      style={STYLE}
      size={size}
      object={null}
      label={`${label}: ${describeMap(map, columns, 0.6)}`}
      tag=""
      cursor={cursor}
      onPoint={setCursor}
    />
  );
}
