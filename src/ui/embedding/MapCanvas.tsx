/** The map itself: drag, zoom, hover, click, draw a line around points, or walk over them by keys. */
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import type { MapImages } from '../../protocol/embedding.ts';
import { datasetStore } from '../../state/dataset.ts';
import { plural } from '../../state/words.ts';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { nameOf, useCard } from '../panels/Thumbnail.tsx';
import { aspectOf, type Point, panned, toMap, WHOLE, zoomed } from './camera.ts';
import classes from './embedding.module.css';
import { type Groups, groupColors } from './groups.ts';
import { HoverCard } from './HoverCard.tsx';
import { MapTools, STEP } from './MapTools.tsx';
import { fitted } from './motion.ts';
import type { Direction } from './point-index.ts';
import { Scene } from './scene.ts';
import { Thumbnails } from './thumbnails.ts';

/** Images of the map opened in a window. */
export interface Opened {
  title: string;
  ids: number[];
}

interface Props {
  images: MapImages;
  /** [n, 2] */
  positions: Float32Array;
  groups: Groups;
  hidden: ReadonlySet<number>;
  pictures: boolean;
  /** How long points take to a new place, milliseconds. */
  travel: number;
  label: string;
  onOpen: (opened: Opened) => void;
}

const HEIGHT = { share: 0.74, least: 300, most: 620 };
/** A point is meant within this distance, CSS pixels. */
const REACH = 12;
/** A pointer that has moved less than this has clicked. */
const CLICK = 4;
const AROUND = 24;

const DIRECTIONS: Record<string, Direction> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** What a pointer that is down does. */
interface Drag {
  kind: 'pan' | 'lasso';
  from: Point;
  last: Point;
  line: Point[];
  moved: boolean;
}

export function MapCanvas(props: Props) {
  const { images, positions, groups, hidden, pictures, travel, label, onOpen } = props;
  const { ref: frame, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const ground = useRef<HTMLButtonElement>(null);
  const [scene, setScene] = useState<Scene | null>(null);
  const [lasso, setLasso] = useState(false);
  const [at, setAt] = useState<{ point: number; by: 'pointer' | 'keys' } | null>(null);
  const drag = useRef<Drag | null>(null);
  const ratio = usePixelRatio();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const height = Math.round(Math.min(HEIGHT.most, Math.max(HEIGHT.least, HEIGHT.share * width)));
  const colors = useMemo(
    () => groupColors(groups.names.length, scheme === 'dark'),
    [groups.names.length, scheme],
  );

  useEffect(() => {
    if (!canvas.current) return;
    const thumbnails = new Thumbnails();
    const made = new Scene(canvas.current, thumbnails);
    setScene(made);
    const stop = datasetStore.subscribe((state, before) => {
      if (state.summary !== before.summary) thumbnails.clear();
      if (state.cards !== before.cards) made.draw();
    });
    return () => {
      stop();
      made.close();
    };
  }, []);

  useEffect(() => {
    if (width > 0) scene?.resize({ width, height }, ratio);
  }, [scene, width, height, ratio]);
  useEffect(() => {
    // The scheme's colors are read from the page: it is drawn anew when that changes.
    const styles = getComputedStyle(document.documentElement);
    const token = (name: string) => styles.getPropertyValue(name).trim();
    scene?.appear({
      ids: images.ids,
      groupOf: groups.of,
      colors,
      hidden,
      pictures,
      paper: token(scheme === 'dark' ? '--sunken' : '--panel'),
      ink: token('--ink'),
      accent: token('--accent'),
    });
  }, [scene, images, groups, colors, hidden, pictures, scheme]);
  useEffect(() => {
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (width > 0) scene?.move(fitted(positions, aspectOf({ width, height })), still ? 0 : travel);
  }, [scene, positions, travel, width, height]);
  useEffect(() => {
    scene?.mark(at?.point ?? null);
  }, [scene, at]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the point that was meant is one of these images
  useEffect(() => setAt(null), [images]);

  useEffect(() => {
    const target = ground.current;
    if (!target || !scene) return;
    // React listens passively, and the page must not scroll under the map.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const factor = Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016));
      scene.see(zoomed(scene.camera, scene.size, factor, { x: event.offsetX, y: event.offsetY }));
      setAt(null);
    };
    target.addEventListener('wheel', onWheel, { passive: false });
    return () => target.removeEventListener('wheel', onWheel);
  }, [scene]);

  const pointUnder = ({ x, y }: Point): number | null => {
    if (!scene) return null;
    const middle = toMap(scene.camera, scene.size, { x, y });
    const beside = toMap(scene.camera, scene.size, { x: x + REACH, y });
    return scene.points.nearest(middle, beside.x - middle.x);
  };
  const openAround = (point: number) => {
    const ids = scene?.points.around(point, AROUND).map((i) => images.ids[i] ?? 0) ?? [];
    onOpen({ title: `Image ${images.ids[point]} and what lies next to it on the map`, ids });
  };
  const openWithin = (line: readonly Point[]) => {
    if (!scene) return;
    const found = scene.points.within(line.map((each) => toMap(scene.camera, scene.size, each)));
    if (found.length === 0) return;
    const ids = found.map((i) => images.ids[i] ?? 0);
    onOpen({ title: `${plural(ids.length, 'image')} inside the line`, ids });
  };
  const zoom = useCallback(
    (factor: number | null) => {
      if (!scene) return;
      const middle = { x: scene.size.width / 2, y: scene.size.height / 2 };
      scene.see(factor === null ? WHOLE : zoomed(scene.camera, scene.size, factor, middle));
    },
    [scene],
  );

  const onDown = (event: PointerEvent<HTMLButtonElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const place = { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY };
    const kind = lasso || event.shiftKey ? 'lasso' : 'pan';
    drag.current = { kind, from: place, last: place, line: [place], moved: false };
  };
  const onMove = (event: PointerEvent<HTMLButtonElement>) => {
    const place = { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY };
    const held = drag.current;
    if (!held || !scene) {
      const point = pointUnder(place);
      setAt((before) => {
        if (point === null) return before?.by === 'keys' ? before : null;
        return before?.point === point && before.by === 'pointer' ? before : { point, by: 'pointer' };
      });
      return;
    }
    if (Math.hypot(place.x - held.from.x, place.y - held.from.y) >= CLICK) held.moved = true;
    if (!held.moved) return;
    setAt(null);
    if (held.kind === 'pan')
      scene.see(panned(scene.camera, scene.size, place.x - held.last.x, place.y - held.last.y));
    else {
      held.line.push(place);
      scene.trace([...held.line]);
    }
    held.last = place;
  };
  const onUp = () => {
    const held = drag.current;
    drag.current = null;
    if (!held || !scene) return;
    scene.trace([]);
    if (held.kind === 'lasso' && held.moved) openWithin(held.line);
    if (held.moved) return;
    const point = pointUnder(held.from);
    if (point !== null) openAround(point);
  };

  const onKey = (event: KeyboardEvent) => {
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const direction = DIRECTIONS[event.key];
    const point = at?.point ?? null;
    if (direction) {
      const next = point === null ? scene.points.first : scene.points.beside(point, direction);
      if (next !== null) walkTo(scene, next);
    } else if (event.key === 'Enter' && point !== null) openAround(point);
    else if (event.key === 'Escape' && at) setAt(null);
    else if (event.key === '+' || event.key === '=') zoom(STEP);
    else if (event.key === '-') zoom(1 / STEP);
    else if (event.key === '0') zoom(null);
    else return;
    event.preventDefault();
  };
  /** What is walked to comes into view. */
  const walkTo = (on: Scene, point: number) => {
    setAt({ point, by: 'keys' });
    const place = on.placeOf(point);
    if (!place) return;
    const out = (value: number, end: number) =>
      value < 30 ? 30 - value : value > end - 30 ? end - 30 - value : 0;
    const [dx, dy] = [out(place.x, on.size.width), out(place.y, on.size.height)];
    if (dx !== 0 || dy !== 0) on.see(panned(on.camera, on.size, dx, dy));
  };

  const place = at && scene ? scene.placeOf(at.point) : null;
  return (
    <div ref={frame} className={classes.frame}>
      <button
        type="button"
        ref={ground}
        className={classes.map}
        style={{ height }}
        data-lasso={lasso}
        aria-label={label}
        onPointerDown={onDown}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={onUp}
        onPointerLeave={() => setAt((before) => (before?.by === 'keys' ? before : null))}
        onKeyDown={onKey}
        onBlur={() => setAt(null)}
      >
        <canvas ref={canvas} style={{ height }} />
      </button>
      <MapTools lasso={lasso} onLasso={setLasso} onZoom={zoom} />
      {at && place && (
        <HoverCard
          id={images.ids[at.point] ?? 0}
          group={groups.names[groups.of[at.point] ?? 0] ?? ''}
          color={colors[groups.of[at.point] ?? 0] ?? ''}
          place={place}
          within={{ width, height }}
        />
      )}
      <Walked id={at?.by === 'keys' ? (images.ids[at.point] ?? null) : null} />
    </div>
  );
}

/** Says where one has walked to. */
function Walked({ id }: { id: number | null }) {
  const card = useCard(id ?? 0);
  return (
    <p className={classes.spoken} aria-live="polite">
      {id === null ? '' : `${nameOf(id, card)}. Press Enter to open it with what lies next to it.`}
    </p>
  );
}
