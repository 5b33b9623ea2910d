/** What a closer look asks of the trainer, one question at a time. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import type { Look, LookResult } from '../../../src/protocol/looks.ts';
import { connect } from '../../../src/state/conversation.ts';
import { startLooking } from '../../../src/state/looking.ts';
import { looksStore, wishFor } from '../../../src/state/looks.ts';
import { viewStore } from '../../../src/state/view.ts';
import { freshStores, lookResult, RecordingTrainer, summary } from './stores.ts';

let trainer: RecordingTrainer;
let stops: (() => void)[];

beforeEach(() => {
  vi.useFakeTimers();
  freshStores();
  trainer = new RecordingTrainer();
  stops = [connect(trainer)];
  trainer.say({ type: 'dataset', summary });
  stops.push(startLooking());
});
afterEach(() => {
  for (const stop of stops.reverse()) stop();
  vi.useRealTimers();
});

const asked = () => trainer.sent.filter((command) => command.type === 'look');
function newest(): { id: number; look: Look } {
  const last = asked().at(-1);
  if (!last) throw new Error('Nothing was asked');
  return last;
}

/** Answers the question under way. */
function answer(change: Partial<LookResult> = {}): void {
  const { id, look } = newest();
  const shown: LookResult['shown'] =
    look.show === 'distances' ? { show: 'distances', distances: [[1, 2]] } : lookResult.shown;
  trainer.say({ type: 'look', id, result: { ...lookResult, look, shown, ...change } });
}

it('asks for the picture, then for the distances of a small grid, then rests', () => {
  expect(asked().map(({ look }) => look.show)).toEqual(['heads']);
  answer();
  expect(asked().map(({ look }) => look.show)).toEqual(['heads', 'distances']);
  answer();
  expect(asked()).toHaveLength(2);
  expect(looksStore.getState()).toMatchObject({ awaited: null, refusal: null });
});

it('leaves the distances of a large grid until somebody asks', () => {
  answer({ rows: 60, columns: 60 });
  expect(asked()).toHaveLength(1);
});

it('has one question under way, and then asks for the last wish alone', () => {
  for (let patch = 0; patch < 9; patch++) wishFor({ patch });
  expect(asked()).toHaveLength(1);
  answer();
  expect(asked()).toHaveLength(2);
  expect(newest().look.patch).toBe(8);
});

it('gives a question a while, then ends it for the wish of by then', () => {
  wishFor({ block: 1 });
  vi.advanceTimersByTime(300);
  expect(asked()).toHaveLength(1);
  wishFor({ block: 2 });
  vi.advanceTimersByTime(200);
  expect(asked()).toHaveLength(2);
  expect(newest().look.block).toBe(2);
  const [first] = asked();
  trainer.say({ type: 'look-refused', id: first?.id ?? 0, sentence: null });
  expect(looksStore.getState().awaited?.id).toBe(newest().id);
  answer();
  expect(looksStore.getState().answered?.wish.block).toBe(2);
});

it('follows the run with its snapshots, once it has rested ten times what the look took', () => {
  answer({ milliseconds: 100 });
  answer();
  const snapshot = { step: 40, heads: 1, rows: 1, columns: 1, images: [], overlap: null };
  vi.advanceTimersByTime(500);
  viewStore.setState({ attention: snapshot });
  expect(asked()).toHaveLength(2);
  vi.advanceTimersByTime(600);
  viewStore.setState({ attention: { ...snapshot, step: 41 } });
  expect(newest().look.show).toBe('heads');
  expect(asked()).toHaveLength(3);
});

it('takes no answer to a question of the run before, and asks the new one', () => {
  const old = newest();
  trainer.say({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
  expect(asked()).toHaveLength(2);
  trainer.say({ type: 'look-refused', id: old.id, sentence: null });
  expect(looksStore.getState().awaited?.id).toBe(newest().id);
  answer({ step: 0 });
  expect(looksStore.getState().result?.step).toBe(0);
});

it('does not ask again what was refused, until something else is wished for', () => {
  trainer.say({ type: 'look-refused', id: newest().id, sentence: 'Too narrow.' });
  expect(looksStore.getState().refusal).toBe('Too narrow.');
  expect(asked()).toHaveLength(1);
  wishFor({ resolution: 'own' });
  expect(asked()).toHaveLength(2);
});

it('asks anew when another photo takes the place of one, and takes no answer about that', () => {
  answer();
  answer();
  trainer.say({ type: 'photo', photo: { name: 'a.png', width: 9, height: 9 } });
  const first = newest();
  expect(first.look).toMatchObject({ image: 'photo', resolution: 'own' });
  trainer.say({ type: 'photo', photo: { name: 'b.png', width: 9, height: 9 } });
  expect(newest().id).not.toBe(first.id);
  trainer.say({ type: 'look', id: first.id, result: { ...lookResult, look: first.look, rows: 9 } });
  expect(looksStore.getState().result?.rows).toBe(2);
});

it('asks nothing once nobody looks', () => {
  answer();
  stops.pop()?.();
  wishFor({ patch: 2 });
  expect(asked()).toHaveLength(2);
});
