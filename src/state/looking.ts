/** Asks the trainer for what the closer look needs next, while somebody looks. */
import type { Look } from '../protocol/looks.ts';
import { send } from './conversation.ts';
import { datasetStore } from './dataset.ts';
import { type LooksState, looksStore, sameSubject, type Wish } from './looks.ts';
import { viewStore } from './view.ts';

/** Looks that follow a run of their own accord may take this share of the time. */
const FOLLOW_SHARE = 0.1;
/** A question is given this long before another wish ends it, so that a held arrow key shows its way. */
const PATIENCE = 400; // ms
/** Distances of a grid with no more patches than this are measured unasked. */
export const CHEAP_PATCHES = 400;

let nextId = 1;
let waiting: ReturnType<typeof setTimeout> | null = null;

const sameWish = (a: Look | Wish, b: Look | Wish): boolean =>
  sameSubject(a, b) && a.block === b.block && a.patch === b.patch && a.show === b.show;

/** What is to be asked next; null when all is as wished for. */
function due(state: LooksState, now: number): Look | null {
  const { wish, answered, result, distances } = state;
  if (answered === null || !sameWish(wish, answered.wish)) return wish;
  if (result === null || !sameWish(wish, answered.wish)) return null;
  const newest = viewStore.getState().attention?.step ?? 0;
  const rested = now - answered.at >= result.milliseconds / FOLLOW_SHARE;
  if (newest > result.step && rested) return wish;
  const measured = distances !== null && sameSubject(distances.look, wish) && distances.step === result.step;
  if (!measured && result.rows * result.columns <= CHEAP_PATCHES) return { ...wish, show: 'distances' };
  return null;
}

function ask(): void {
  const state = looksStore.getState();
  if (datasetStore.getState().summary === null) return;
  if (state.awaited !== null) {
    reconsider(state.awaited, state.wish);
    return;
  }
  const look = due(state, performance.now());
  if (look) askFor(look);
}

/** Ends a question whose answer nobody waits for any more. */
function reconsider({ look, at }: NonNullable<LooksState['awaited']>, wish: Wish): void {
  const wished = look.show === 'distances' ? looksStore.getState().answered?.wish : look;
  if (wished && sameWish(wished, wish)) return;
  const left = at + PATIENCE - performance.now();
  if (left <= 0) askFor(wish);
  else waiting ??= setTimeout(askAgain, left);
}

function askAgain(): void {
  waiting = null;
  ask();
}

function askFor(look: Look): void {
  const id = nextId++;
  send({ type: 'look', id, look });
  looksStore.setState({ awaited: { id, look, at: performance.now() } });
}

/** Measures the distances of the present picture, whatever that takes. */
export function measureDistances(): void {
  const { wish, awaited } = looksStore.getState();
  if (awaited === null) askFor({ ...wish, show: 'distances' });
}

/** Keeps the look up with the wishes and with the run's snapshots. Returns what ends it. */
export function startLooking(): () => void {
  const stops = [looksStore.subscribe(ask), viewStore.subscribe(ask), datasetStore.subscribe(ask)];
  ask();
  return () => {
    for (const stop of stops) stop();
    if (waiting !== null) clearTimeout(waiting);
    waiting = null;
  };
}
