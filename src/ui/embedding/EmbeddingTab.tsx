/** The embedding tab: every image a point, like images together, as far as a plane can show it. */
import { Button, SegmentedControl, Switch, useComputedColorScheme } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { type ComponentProps, useEffect, useMemo, useRef, useState } from 'react';
import type { MapImages } from '../../protocol/embedding.ts';
import {
  type Coloring,
  colorBy,
  type EmbeddingState,
  embeddingStore,
  type KeptMap,
  shownMap,
} from '../../state/embedding.ts';
import { cancelMap, startMap } from '../../state/mapping.ts';
import { ImageSheet } from '../evaluate/ImageSheet.tsx';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { Working } from '../panels/Working.tsx';
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
  const busy = useEmbedding(({ active }) => active !== null);
  const ended = useEmbedding((state) => state.ended);
  const map = useEmbedding(shownMap);
  const forming = useEmbedding(formingImages);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const body = useRef<HTMLDivElement>(null);
  return (
    <PanelFrame
      title="Embedding map"
      figure={map && !forming && mapTitle(map)}
      about="Every image is a point. The network describes an image by a few hundred numbers, its features; the map lays images with like features next to each other in the plane. PCA turns the features so that the two widest directions show. t-SNE and UMAP keep neighbours together at the price of everything far away. Drag to move, scroll to zoom, hold Shift and drag to draw a line around images; with the keyboard, arrows walk from point to point, Enter opens one, plus, minus and 0 zoom."
      source="PCA: Pearson 1901. t-SNE: van der Maaten and Hinton 2008, with the tree of van der Maaten 2014. UMAP: McInnes, Healy and Melville 2018. Trustworthiness: Venna and Kaski 2001. Layouts start from the principal components, or from the map before (Kobak and Berens 2019), and are laid over it by Procrustes (Schönemann 1966)."
    >
      <MapSettings />
      <div className={classes.actions}>
        {busy ? (
          <MapWorking />
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
          busy={busy || phase === 'empty' || phase === 'fault'}
          canvas={() => body.current?.querySelector('canvas') ?? null}
        />
      </div>
      {ended && !busy && (
        <p className={classes.ended} role="status">
          {ended}
        </p>
      )}
      <div ref={body}>
        {forming || map ? (
          <Picture forming={forming} map={map} />
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

/** Of a map that forms, once there is something to see of it. */
function formingImages({ active }: EmbeddingState): MapImages | null {
  return active?.forming && active.forming.positions.length > 0 ? active.forming.images : null;
}

const NOWHERE = new Float32Array();

interface MapProps {
  /** Images of the map that forms; null while none does. */
  forming: MapImages | null;
  map: KeptMap | null;
}

function Picture({ forming, map }: MapProps) {
  const kept = useEmbedding((state) => state.kept);
  const coloring = useEmbedding((state) => state.coloring);
  const hidden = useEmbedding((state) => state.hidden);
  const pictures = useEmbedding((state) => state.pictures);
  const train = useDataset(({ summary }) => summary?.train ?? 0);
  const dark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
  const [opened, setOpened] = useState<Opened | null>(null);
  const images = forming ?? map?.images;
  const clusters = forming ? null : (map?.result.clusters ?? null);
  const groups = useMemo(
    () => (images ? groupsOf(coloring, images, clusters, train) : null),
    [coloring, images, clusters, train],
  );
  if (!images || !groups) return null;
  const title = forming || !map ? 'A map that forms' : mapTitle(map);
  return (
    <>
      <Canvas
        images={images}
        kept={forming ? null : (map?.result.positions ?? null)}
        groups={groups}
        hidden={hidden}
        pictures={pictures}
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

type CanvasProps = Omit<ComponentProps<typeof MapCanvas>, 'positions' | 'travel'> & {
  /** Of a kept map; null for those of the one that forms. */
  kept: Float32Array | null;
};

/** The part that is drawn anew several times a second while a map forms. */
function Canvas({ kept, ...rest }: CanvasProps) {
  const positions = useEmbedding(({ active }) => kept ?? active?.forming?.positions ?? NOWHERE);
  return <MapCanvas {...rest} positions={positions} travel={kept ? TRAVEL.kept : TRAVEL.forming} />;
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

function MapWorking() {
  const map = useEmbedding(({ active }) => active?.wish !== null);
  const text = useEmbedding(({ active }) => active?.text ?? '');
  const share = useEmbedding(({ active }) => active?.share ?? null);
  return (
    <Working
      text={text}
      share={share}
      progressName={map ? 'Map: progress' : 'Export: progress'}
      stageId="map-stage"
      cancel={map ? 'Cancel map' : 'Cancel export'}
      onCancel={cancelMap}
    />
  );
}
