/** Asks for maps: when a person wants one, and again and again while a run goes on. */
import { download } from '../client/download.ts';
import type { MapWish } from '../protocol/embedding.ts';
import { send } from './conversation.ts';
import { datasetStore } from './dataset.ts';
import { beginMap, embeddingStore, type KeptMap, mapWishOf, shownMap } from './embedding.ts';
import { mapJson } from './map-file.ts';
import { sessionStore } from './session.ts';

let asked = 0;

/** The layout starts from the one that is shown, so that what stays alike stays in place. */
export function startMap(): void {
  const { choices, kept } = embeddingStore.getState();
  const wish = mapWishOf(choices);
  const before = kept.findLast(({ result }) => comparable(result.wish, wish)) ?? null;
  asked++;
  beginMap(asked, wish);
  const start = before && { ids: before.result.ids.slice(), positions: before.result.positions.slice() };
  send({ type: 'map', id: asked, wish, start });
}

/** Whether a layout of the one can be gone on with for the other. */
function comparable(one: MapWish, other: MapWish): boolean {
  return one.images === other.images && one.projection.method === other.projection.method;
}

export function cancelMap(): void {
  const { active } = embeddingStore.getState();
  if (active) send({ type: 'cancel-map', id: active.id });
}

/** The file comes with the trainer's answer. */
export function exportProjector(): void {
  const { network, images } = embeddingStore.getState().choices;
  asked++;
  beginMap(asked, null);
  send({ type: 'export-projector', id: asked, network, images });
}

/** The shown map as JSON: positions with image, class and cluster, and what was measured of it. */
export function saveMap(): void {
  const map = shownMap(embeddingStore.getState());
  const { summary } = datasetStore.getState();
  if (map) download(`${mapName(map)}.json`, mapJson(map, summary), 'application/json');
}

/** "map-tsne-teacher-step300", for a file. */
export function mapName({ result: { wish, step } }: KeptMap): string {
  return `map-${wish.projection.method}-${wish.network}-step${step}`;
}

/** Maps a running run again every so many steps, where that is wished. Returns what ends it. */
export function followRun(): () => void {
  const stops = [sessionStore.subscribe(mapWhenDue), embeddingStore.subscribe(mapWhenDue)];
  mapWhenDue();
  return () => {
    for (const stop of stops) stop();
  };
}

function mapWhenDue(): void {
  const { status } = sessionStore.getState();
  const { choices, active, kept, ended } = embeddingStore.getState();
  // What went wrong, or was cancelled, is not tried again by itself.
  if (choices.every === null || active || ended !== null || !status) return;
  if (status.phase !== 'running' && status.phase !== 'finished') return;
  const last = kept.at(-1);
  const wish = mapWishOf(choices);
  const same = last && JSON.stringify(last.result.wish) === JSON.stringify(wish);
  const gone = same && last.result.step <= status.step ? status.step - last.result.step : choices.every;
  if (gone >= choices.every && choices.network !== 'untrained') startMap();
}
