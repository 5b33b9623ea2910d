/** Studies as the page keeps them: asked for, under way, ended, and written to files. */
import { beforeEach, describe, expect, it } from 'vitest';
import { defaultConfig } from '../../../src/config/schema.ts';
import { studyKinds, studySchema } from '../../../src/protocol/studies.ts';
import { cancelStudy, startStudy } from '../../../src/state/actions.ts';
import { connect } from '../../../src/state/conversation.ts';
import { chooseForStudies, studiesStore, studyOf } from '../../../src/state/studies.ts';
import { studiesCsv, studiesJson } from '../../../src/state/studies-file.ts';
import { freshStores, RecordingTrainer, studyResult, summary, tuningCurves } from './stores.ts';

let trainer: RecordingTrainer;
const state = () => studiesStore.getState();

/** Starts a study and returns its number. */
function begun(): number {
  startStudy('knn');
  return state().active.at(-1)?.id ?? -1;
}

beforeEach(() => {
  freshStores();
  trainer = new RecordingTrainer();
  connect(trainer);
});

describe('studies', () => {
  it('are asked for under the present choices', () => {
    chooseForStudies({ network: 'student', images: 'all', threshold: 0.9, blocks: 2 });
    for (const kind of studyKinds) {
      const study = studySchema.parse(studyOf(kind, state().choices));
      expect(study).toMatchObject({ kind, network: 'student', images: 'all' });
    }
    const id = begun();
    expect(trainer.sent).toEqual([
      { type: 'study', id, study: { kind: 'knn', network: 'student', images: 'all' } },
    ]);
    cancelStudy(id);
    expect(trainer.sent.at(-1)).toEqual({ type: 'cancel-study', id });
  });

  it('say how far they are, and leave a result with the run that it is of', () => {
    trainer.say({ type: 'run-started', id: 1, step: 0, parent: null, config: defaultConfig });
    const id = begun();
    trainer.say({ type: 'study-progress', id, text: 'Features', share: 0.25 });
    expect(state().active).toMatchObject([{ id, text: 'Features', share: 0.25 }]);
    trainer.say({ type: 'study-result', id, result: studyResult });
    trainer.say({ type: 'study-ended', id, reason: 'done', sentence: '' });
    expect(state()).toMatchObject({ active: [], done: [{ id, run: 1, result: studyResult }], ended: {} });
    trainer.say({ type: 'run-started', id: 2, step: 0, parent: null, config: defaultConfig });
    expect(state()).toMatchObject({ run: 2, done: [{ run: 1 }] });
  });

  it('show the curves of a fine-tuning while it goes on', () => {
    chooseForStudies({ tuning: { learns: 'head', epochs: 7, patience: 2, rate: 1e-3 } });
    startStudy('finetune');
    const [active] = state().active;
    expect(active).toMatchObject({
      study: { kind: 'finetune', learns: 'head', epochs: 7, patience: 2, rate: 1e-3 },
      curves: null,
    });
    const id = active?.id ?? -1;
    trainer.say({ type: 'study-curves', id, curves: tuningCurves });
    trainer.say({ type: 'study-progress', id, text: 'Epoch 2', share: 0.5 });
    expect(state().active).toMatchObject([{ text: 'Epoch 2', share: 0.5, curves: tuningCurves }]);
  });

  it('keep the sentence that they ended with until the next is started', () => {
    const id = begun();
    trainer.say({ type: 'study-ended', id, reason: 'failed', sentence: 'The run was replaced.' });
    expect(state()).toMatchObject({ active: [], ended: { knn: 'The run was replaced.' } });
    begun();
    expect(state().ended).toEqual({});
  });

  it('are given up when the trainer is gone', () => {
    begun();
    trainer.say({
      type: 'fault',
      fault: { kind: 'internal', what: 'The trainer stopped.', remedy: 'Reload the page.' },
    });
    expect(state().active).toEqual([]);
  });
});

describe('the files of results', () => {
  const done = [{ id: 1, run: 2, result: studyResult }];

  it('are a row a score, with 95 % intervals where a share of images is told', () => {
    const [head, share, index, ...rest] = studiesCsv(done).split('\n');
    expect(head).toBe(
      'run,step,study,network,images,method,unit,train,val,n,value,low,high,untrained,untrained_low,untrained_high,pixels,pixels_low,pixels_high',
    );
    const cells = share?.match(/"[^"]*"|[^,]+/g) ?? [];
    expect(cells.slice(0, 11)).toEqual([
      ...['2', '30', 'knn', 'teacher', 'some', '"weighted vote, k = 10"', 'percent', '10', '4', '4', '75'],
    ]);
    // Wilson's interval of 3 in 4.
    expect(Number(cells[11])).toBeCloseTo(30.0642, 3);
    expect(Number(cells[12])).toBeCloseTo(95.4413, 3);
    expect(index).toBe('2,30,knn,teacher,some,"F1, ""macro""",index,10,4,4,0.5,,,0.25,,,0.125,,');
    expect(rest).toEqual(['']);
  });

  it('hold everything as JSON', () => {
    const text = studiesJson({ backend: null, summary, config: defaultConfig, run: 2, done });
    expect(JSON.parse(text)).toMatchObject({
      dataset: 'pets',
      fingerprint: 'f',
      run: 2,
      results: [
        { run: 2, step: 30, study: { kind: 'knn' }, scores: [{ network: 75, n: 4 }, { unit: 'index' }] },
      ],
    });
  });
});
