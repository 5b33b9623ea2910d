/** When signs of collapse are looked for: while somebody looks, with the snapshots, and one look at a time. */
import { beforeEach, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { connect } from '../../../src/state/conversation.ts';
import { startDiagnosing } from '../../../src/state/diagnosing.ts';
import { diagnosisStore } from '../../../src/state/diagnosis.ts';
import { diagnosisExample } from './diagnosis-example.ts';
import { freshStores, RecordingTrainer, status } from './stores.ts';

let trainer: RecordingTrainer;
const asked = () => trainer.typesSent().filter((type) => type === 'diagnose').length;
const snapshot = (step: number) =>
  trainer.say({
    type: 'attention',
    snapshot: { step, heads: 1, rows: 1, columns: 1, images: [], overlap: null },
  });

beforeEach(() => {
  freshStores();
  trainer = new RecordingTrainer();
  connect(trainer);
});

it('looks with the first snapshot and with later ones once it has rested, and not when nobody looks', () => {
  const stop = startDiagnosing();
  trainer.say({ type: 'status', status });
  expect(asked()).toBe(0);
  snapshot(0);
  snapshot(3);
  expect(asked()).toBe(1);
  trainer.say({ type: 'diagnosis', diagnosis: { ...diagnosisExample(0), milliseconds: 1e6 } });
  snapshot(6);
  expect(asked()).toBe(1);
  diagnosisStore.setState({ diagnosis: { ...diagnosisExample(3), milliseconds: 0 } });
  expect(asked()).toBe(1);
  snapshot(9);
  expect(asked()).toBe(2);
  trainer.say({ type: 'diagnosis', diagnosis: diagnosisExample(9) });
  stop();
  snapshot(200);
  expect(asked()).toBe(2);
});

it('forgets what it found in a run that was replaced, and waits no longer when a run has stopped', () => {
  const stop = startDiagnosing();
  trainer.say({ type: 'status', status });
  snapshot(0);
  trainer.say({ type: 'diagnosis', diagnosis: diagnosisExample(0) });
  trainer.say({ type: 'run-started', id: 2, step: 0, parent: null, config: defaultConfig });
  expect(diagnosisStore.getState().diagnosis).toBeNull();
  snapshot(0);
  expect(diagnosisStore.getState().awaited).toBe(true);
  trainer.say({ type: 'fault', fault: { kind: 'device-lost', what: 'Lost.', remedy: 'Reset.' } });
  expect(diagnosisStore.getState()).toMatchObject({ awaited: false, diagnosis: null });
  stop();
});
