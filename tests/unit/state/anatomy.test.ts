/** Walking through a step: what is asked, what comes, what is void. */
import { beforeEach, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { anatomyStore, PHASES, showPhase, walk } from '../../../src/state/anatomy.ts';
import { connect } from '../../../src/state/conversation.ts';
import { chooseSpecimen, dissectNextStep } from '../../../src/state/dissecting.ts';
import { anatomyExample, specimenExample } from './anatomy-example.ts';
import { freshStores, RecordingTrainer } from './stores.ts';

let trainer: RecordingTrainer;

beforeEach(() => {
  freshStores();
  trainer = new RecordingTrainer();
  connect(trainer);
});

/** The number of the question that was sent last. */
function asked(): number {
  const last = trainer.sent.findLast(({ type }) => type === 'dissect');
  if (last?.type !== 'dissect') throw new Error('Nothing was asked');
  return last.id;
}

it('asks for one step at a time and takes the answer to that question alone', () => {
  dissectNextStep();
  dissectNextStep();
  expect(trainer.typesSent().filter((type) => type === 'dissect')).toHaveLength(1);
  trainer.say({ type: 'anatomy', id: asked() + 1, anatomy: anatomyExample() });
  expect(anatomyStore.getState().anatomy).toBeNull();
  trainer.say({ type: 'anatomy', id: asked(), anatomy: anatomyExample() });
  expect(anatomyStore.getState()).toMatchObject({ anatomy: { step: 7 }, awaited: null });
});

it('walks through the nine phases and stays at both ends, and at its phase when the next step comes', () => {
  walk(-1);
  expect(anatomyStore.getState().phase).toBe('crops');
  for (const phase of PHASES.slice(1)) {
    walk(1);
    expect(anatomyStore.getState().phase).toBe(phase);
  }
  walk(1);
  expect(anatomyStore.getState().phase).toBe('center');
  showPhase('loss');
  dissectNextStep();
  trainer.say({ type: 'anatomy', id: asked(), anatomy: anatomyExample() });
  expect(anatomyStore.getState().phase).toBe('loss');
});

it('shows another image of the step that it has, and not of another step', () => {
  dissectNextStep();
  trainer.say({ type: 'anatomy', id: asked(), anatomy: anatomyExample() });
  chooseSpecimen(1);
  expect(trainer.sent.at(-1)).toEqual({ type: 'get-specimen', image: 1 });
  trainer.say({ type: 'specimen', step: 6, specimen: specimenExample(1) });
  expect(anatomyStore.getState().anatomy?.specimen.index).toBe(0);
  trainer.say({ type: 'specimen', step: 7, specimen: specimenExample(1) });
  expect(anatomyStore.getState().anatomy?.specimen.index).toBe(1);
  // The next step is looked at by the same place in its batch.
  dissectNextStep();
  expect(trainer.sent.at(-1)).toMatchObject({ type: 'dissect', image: 1 });
});

it('says why there is no answer, and forgets the step of a run that was replaced', () => {
  dissectNextStep();
  trainer.say({ type: 'dissect-refused', id: asked(), sentence: 'The run is finished.' });
  expect(anatomyStore.getState()).toMatchObject({ awaited: null, refusal: 'The run is finished.' });
  dissectNextStep();
  expect(anatomyStore.getState().refusal).toBeNull();
  trainer.say({ type: 'anatomy', id: asked(), anatomy: anatomyExample() });
  trainer.say({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
  expect(anatomyStore.getState()).toMatchObject({ anatomy: null, awaited: null });
});
