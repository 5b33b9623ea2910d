/** The embedding maps of two runs side by side, colored alike. */
import { NativeSelect } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../protocol/runs.ts';
import type { KeptMap } from '../../state/embedding.ts';
import { countWords } from '../../state/words.ts';
import { formatPercent } from '../charts/format.ts';
import { groupsOf } from '../embedding/groups.ts';
import { MapCanvas, type Opened } from '../embedding/MapCanvas.tsx';
import { METHODS } from '../embedding/map-title.ts';
import { ImageSheet } from '../evaluate/ImageSheet.tsx';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useDataset, useEmbedding, useRuns } from '../use-stores.ts';
import classes from './runs.module.css';

interface NamedMap {
  map: KeptMap;
  name: string;
}

export function Maps() {
  const runs = useRuns((state) => state.runs);
  const kept = useEmbedding((state) => state.kept);
  const maps = useMemo(() => kept.flatMap((map) => namedMap(map, runs)), [kept, runs]);
  const enough = new Set(maps.map(({ map }) => map.run)).size > 1;
  return (
    <PanelFrame
      title="Maps compared"
      about="The embedding maps of two runs, each made in the Embedding tab while its run was in progress. A map starts from the one before it and is turned to lie over that, so points of the same image tend to lie alike; groups, gaps and sizes mean as little here as there. Compare what is near what, and the figures beside each map."
      source="van der Maaten 2014 (t-SNE), McInnes et al. 2018 (UMAP); laid over each other by Procrustes."
    >
      {enough ? (
        <Pair maps={maps} />
      ) : (
        <p className={panel.quiet}>
          Make a map of each of two runs in the Embedding tab, and both stand side by side here.
        </p>
      )}
    </PanelFrame>
  );
}

function namedMap(map: KeptMap, runs: readonly RunRecord[]): NamedMap[] {
  const run = runs.find(({ id }) => id === map.run);
  const { wish, step } = map.result;
  const who =
    wish.network === 'untrained' ? 'untrained network' : `${wish.network} at step ${countWords(step)}`;
  return run ? [{ map, name: `${run.name}: ${METHODS[wish.projection.method]}, ${who}` }] : [];
}

function Pair({ maps }: { maps: readonly NamedMap[] }) {
  const [left, setLeft] = useState<number | null>(null);
  const [right, setRight] = useState<number | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const find = (id: number | null) => maps.find(({ map }) => map.id === id);
  const second = find(right) ?? maps.at(-1);
  const first = find(left) ?? maps.findLast(({ map }) => map.run !== second?.map.run);
  if (!first || !second) return null;
  return (
    <>
      <div className={classes.maps}>
        <OneMap shown={first} maps={maps} side="left" onChoose={setLeft} onOpen={setOpened} />
        <OneMap shown={second} maps={maps} side="right" onChoose={setRight} onOpen={setOpened} />
      </div>
      {opened && <ImageSheet title={opened.title} ids={opened.ids} onClose={() => setOpened(null)} />}
    </>
  );
}

const NOTHING_HIDDEN: ReadonlySet<number> = new Set();

interface OneProps {
  shown: NamedMap;
  maps: readonly NamedMap[];
  side: 'left' | 'right';
  onChoose: (id: number) => void;
  onOpen: (opened: Opened) => void;
}

function OneMap({ shown: { map, name }, maps, side, onChoose, onOpen }: OneProps) {
  const coloring = useEmbedding((state) => state.coloring);
  const train = useDataset(({ summary }) => summary?.train ?? 0);
  const { images, result } = map;
  const groups = useMemo(
    () => groupsOf(coloring, images, result.clusters, train),
    [coloring, images, result, train],
  );
  const { faithfulness } = result;
  return (
    <div>
      <NativeSelect
        size="xs"
        aria-label={`Map on the ${side}`}
        data={maps.map((each) => ({ value: String(each.map.id), label: each.name }))}
        value={String(map.id)}
        onChange={(event) => onChoose(Number(event.currentTarget.value))}
      />
      <MapCanvas
        images={images}
        positions={result.positions}
        groups={groups}
        hidden={NOTHING_HIDDEN}
        pictures={false}
        travel={0}
        label={name}
        onOpen={onOpen}
      />
      {faithfulness && (
        <p className={panel.quiet}>
          Trustworthiness {faithfulness.trustworthiness.toFixed(3)}
          {faithfulness.agreement &&
            `, label of neighbours: ${formatPercent(faithfulness.agreement.map)} on the map, ${formatPercent(faithfulness.agreement.features)} by features`}
          .
        </p>
      )}
    </div>
  );
}
