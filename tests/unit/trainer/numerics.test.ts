/** A study's plain computations beside the trainer: the same numbers wherever they are made, given up at once. */
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { TooFewClasses } from '../../../src/eval/logistic.ts';
import { compute } from '../../../src/trainer/studies/compute.ts';
import { type NumericsWorker, numerics } from '../../../src/trainer/studies/numerics.ts';
import {
  type JobOf,
  type NumericsJob,
  type NumericsReply,
  numericsJobSchema,
} from '../../../src/trainer/studies/numerics-messages.ts';
import { StudyRefused } from '../../../src/trainer/studies/queue.ts';

const WIDTH = 3;
const CLASSES = 2;

function points(count: number, seed: number): { rows: Float32Array; labels: Int32Array } {
  const { normal } = rng(seed, PURPOSE.evaluation);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const rows = Float32Array.from(
    { length: WIDTH * count },
    (_, at) => normal() + (labels[Math.floor(at / WIDTH)] ?? 0),
  );
  return { rows, labels };
}

const train = points(40, 1);
const test = points(20, 2);
const settings = { batch: 8, epochs: 4, momentum: 0.9, weightDecay: 0, seed: 3 };
const probe: JobOf<'probe'> = {
  task: 'probe',
  train,
  test,
  width: WIDTH,
  classes: CLASSES,
  settings: { ...settings, rate: 0.1 },
};
const logistic: JobOf<'logistic'> = {
  task: 'logistic',
  train,
  test: test.rows,
  width: WIDTH,
  classes: CLASSES,
  C: 1,
  iterations: 50,
};
const jobs: NumericsJob[] = [
  probe,
  { task: 'sweep', train, width: WIDTH, classes: CLASSES, settings, rates: [0.01, 0.1] },
  logistic,
  { task: 'clusters', rows: train.rows, width: WIDTH, count: 3, seed: 4, restarts: 2 },
];

const atOnce = async () => {};
const event = (data: unknown) => new MessageEvent<unknown>('message', { data });

/** A worker in this thread: what it is given and what it says are copied as between threads. */
class NearWorker implements NumericsWorker {
  onmessage: NumericsWorker['onmessage'] = null;
  onmessageerror: NumericsWorker['onmessageerror'] = null;
  onerror: NumericsWorker['onerror'] = null;
  terminated = false;

  postMessage(job: NumericsJob): void {
    const say = (reply: NumericsReply) => {
      if (!this.terminated) this.onmessage?.(event(structuredClone(reply)));
    };
    void compute(numericsJobSchema.parse(structuredClone(job)), atOnce, (done) =>
      say({ type: 'progress', done }),
    ).then(
      (result) => say({ type: 'done', result }),
      (error: Error) =>
        say({ type: 'failed', message: error.message, forPerson: error instanceof TooFewClasses }),
    );
  }

  terminate(): void {
    this.terminated = true;
  }
}

/** It is given a job and never says anything. */
class SilentWorker extends NearWorker {
  override postMessage(): void {}
}

class BrokenWorker extends NearWorker {
  override postMessage(): void {
    this.onmessageerror?.(event(null));
  }
}

const waiting = (signal = new AbortController().signal) => {
  const heard: number[] = [];
  return { heard, signal, between: atOnce, onProgress: (done: number) => heard.push(done) };
};

describe('plain computations', () => {
  it.each(jobs)('give the same of $task in a worker as without one, and say as much of it', async (job) => {
    const worker = new NearWorker();
    const beside = waiting();
    const here = waiting();
    const found = await numerics(job, beside, () => worker);
    expect(found).toEqual(await numerics(job, here, () => null));
    expect(found.task).toBe(job.task);
    expect(beside.heard).toEqual(here.heard);
    expect(worker.terminated).toBe(true);
  });

  it('are given up at once, whatever the worker is at, and it is ended', async () => {
    const stop = new AbortController();
    const worker = new SilentWorker();
    const ended = numerics(probe, waiting(stop.signal), () => worker);
    stop.abort(new Error('no longer wanted'));
    await expect(ended).rejects.toThrow('no longer wanted');
    expect(worker.terminated).toBe(true);
    const late = numerics(probe, waiting(stop.signal), () => {
      throw new Error('a worker was made');
    });
    await expect(late).rejects.toThrow('no longer wanted');
  });

  it('are done here when the worker is lost', async () => {
    const heard = waiting();
    const found = await numerics(probe, heard, () => new BrokenWorker());
    expect(found).toEqual(await numerics(probe, waiting(), () => null));
    expect(heard.heard).toEqual([1, 2, 3, 4]);
  });

  it('end with a sentence for the person where the images allow none', async () => {
    const one = { ...train, labels: new Int32Array(40) };
    const refused = numerics({ ...logistic, train: one }, waiting(), () => new NearWorker());
    await expect(refused).rejects.toThrow(StudyRefused);
    await expect(refused).rejects.toThrow('at least two classes');
  });
});
