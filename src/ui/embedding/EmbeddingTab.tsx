/** The embedding tab: every image a point, like images together, as far as a plane can show it. */
import { Button, Progress, SegmentedControl, Switch, useComputedColorScheme } from '@mantine/core';
import { IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  type ActiveMap,
  type Coloring,
  colorBy,
  embeddingStore,
  type KeptMap,
  shownMap,
} from '../../state/embedding.ts';
import { cancelMap, startMap } from '../../state/mapping.ts';
import { ImageSheet } from '../evaluate/ImageSheet.tsx';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useDataset, useEmbedding, useSession } from '../use-stores.ts';
import classes from './embedding.module.css';
import { groupColors, groupsOf } from './groups.ts';
import { Legend } from './Legend.tsx';
import { MapCanvas, type Opened } from './MapCanvas.tsx';
import { MapSettings } from './MapSettings.tsx';
import { Measures } from './Measures.tsx';
import { mapTitle } from './map-title.ts';
import { SaveMap } from './SaveMap.tsx';
import { Timeline } from './Timeline.tsx';

/** A layout that forms comes several times a second; a kept one is moved to at leisure. Milliseconds. */
const TRAVEL = { forming: 160, kept: 900 };

export function EmbeddingTab() {
  const active = useEmbedding((state) => state.active);
  const ended = useEmbedding((state) => state.ended);
  const kept = useEmbedding((state) => state.kept);
  const map = useEmbedding(shownMap);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const body = useRef<HTMLDivElement>(null);
  const forming = active?.forming && active.forming.positions.length > 0 ? active.forming : null;
  return (
    <PanelFrame
      title="Embedding map"
      figure={map && !forming && mapTitle(map)}
      about="Every image is a point. The network describes an image by a few hundred numbers, its features; the map lays images with like features next to each other in the plane. PCA turns the features so that the two widest directions show. t-SNE and UMAP keep neighbours together at the price of everything far away. Drag to move, scroll to zoom, hold Shift and drag to draw a line around images; with the keyboard, arrows walk from point to point, Enter opens one, plus, minus and 0 zoom."
      source="PCA: Pearson 1901. t-SNE: van der Maaten and Hinton 2008, with the tree of van der Maaten 2014. UMAP: McInnes, Healy and Melville 2018. Trustworthiness: Venna and Kaski 2001. Layouts start from the principal components, or from the map before (Kobak and Berens 2019), and are laid over it by Procrustes (Schönemann 1966)."
    >
      <MapSettings />
      <div className={classes.actions}>
        {active ? (
          <Working active={active} />
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlayerPlay size={14} aria-hidden="true" />}
            disabled={phase === 'empty' || phase === 'fault'}
            onClick={startMap}
          >
            {map ? 'Compute again' : 'Compute map'}
          </Button>
        )}
        <span className={classes.push} />
        <SaveMap
          map={forming ? null : map}
          busy={active !== null || phase === 'empty' || phase === 'fault'}
          canvas={() => body.current?.querySelector('canvas') ?? null}
        />
      </div>
      {ended && !active && (
        <p className={classes.ended} role="status">
          {ended}
        </p>
      )}
      <div ref={body}>
        {forming || map ? (
          <Picture forming={forming} map={map} kept={kept} />
        ) : (
          <div className={panel.empty}>
            <strong>No map yet</strong>
            Choose a method and press Compute map: every image appears as a point, and moves to where its like
            are.
          </div>
        )}
      </div>
    </PanelFrame>
  );
}

interface MapProps {
  forming: NonNullable<ActiveMap['forming']> | null;
  map: KeptMap | null;
  kept: readonly KeptMap[];
}

function Picture({ forming, map, kept }: MapProps) {
  const coloring = useEmbedding((state) => state.coloring);
  const hidden = useEmbedding((state) => state.hidden);
  const pictures = useEmbedding((state) => state.pictures);
  const train = useDataset(({ summary }) => summary?.train ?? 0);
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const [opened, setOpened] = useState<Opened | null>(null);
  const images = forming?.images ?? map?.images;
  const clusters = forming ? null : (map?.result.clusters ?? null);
  const groups = useMemo(
    () => (images ? groupsOf(coloring, images, clusters, train) : null),
    [coloring, images, clusters, train],
  );
  if (!images || !groups) return null;
  const positions = forming?.positions ?? map?.result.positions ?? new Float32Array();
  const title = forming || !map ? 'A map that forms' : mapTitle(map);
  return (
    <>
      <MapCanvas
        images={images}
        positions={positions}
        groups={groups}
        hidden={hidden}
        pictures={pictures}
        travel={forming ? TRAVEL.forming : TRAVEL.kept}
        label={`${title}: ${images.ids.length} images. Arrow keys walk from point to point, Enter opens one, plus and minus zoom.`}
        onOpen={setOpened}
      />
      {map && !forming && <Timeline kept={kept} map={map} />}
      <div className={classes.under}>
        <div>
          <Colors
            labelled={images.classes.length > 0}
            folders={images.folders.length > 1}
            pictures={pictures}
          />
          <Legend
            groups={groups}
            colors={groupColors(groups.names.length, dark)}
            hidden={hidden}
            images={images}
            onOpen={setOpened}
          />
        </div>
        {map && !forming && <Measures result={map.result} of={map.images.of} />}
      </div>
      {opened && <ImageSheet title={opened.title} ids={opened.ids} onClose={() => setOpened(null)} />}
    </>
  );
}

interface ColorsProps {
  labelled: boolean;
  folders: boolean;
  pictures: boolean;
}

/** What the colors say, of what there is to say. */
function Colors({ labelled, folders, pictures }: ColorsProps) {
  const coloring = useEmbedding((state) => state.coloring);
  const choices: { value: Coloring; label: string }[] = [
    ...(labelled ? [{ value: 'label' as const, label: 'Label' }] : []),
    { value: 'cluster', label: 'Cluster' },
    ...(folders ? [{ value: 'folder' as const, label: 'Folder' }] : []),
    { value: 'split', label: 'Split' },
  ];
  const known = choices.some(({ value }) => value === coloring);
  useEffect(() => {
    if (!known) colorBy('cluster');
  }, [known]);
  return (
    <div className={classes.colors}>
      <span>Color by</span>
      <SegmentedControl size="xs" aria-label="Color by" value={coloring} onChange={colorBy} data={choices} />
      <Switch
        size="xs"
        label="Pictures where there is room"
        checked={pictures}
        onChange={({ currentTarget }) => embeddingStore.setState({ pictures: currentTarget.checked })}
      />
    </div>
  );
}

function Working({ active: { wish, text, share } }: { active: ActiveMap }) {
  return (
    <div className={classes.working}>
      <Progress
        className={classes.progress ?? ''}
        size="sm"
        value={share === null ? 100 : 100 * share}
        animated={share === null}
        aria-label={wish ? 'Map: progress' : 'Export: progress'}
      />
      <span className={classes.stage} data-testid="map-stage">
        {text}
      </span>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconX size={14} aria-hidden="true" />}
        onClick={cancelMap}
      >
        {wish ? 'Cancel map' : 'Cancel export'}
      </Button>
    </div>
  );
}
