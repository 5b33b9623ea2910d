/** Takes steps of the present run apart when somebody asks, and keeps the last one for looking at its other images. */
import type { Catalogue } from '../../data/catalogue.ts';
import type { Anatomy, Specimen } from '../../protocol/anatomy.ts';
import { breathe } from '../breathe.ts';
import { imageOf } from '../evaluated-images.ts';
import type { Follower } from '../followers.ts';
import { viewsOf } from '../pictures.ts';
import type { Emit } from '../reporter.ts';
import type { PendingStep, TrainingRun } from '../training-run.ts';
import { batchPlan } from '../view-plan.ts';
import type { HostAnswers } from './answers.ts';
import { compare, type Dissection, disposeDissection, dissect, StepNotFinite } from './dissect.ts';

/** Answers to the images of one batch stay for as many images as fit into this: 64 MiB. */
const KEPT_BYTES = 2 ** 26;

/** The batch that was taken apart last. */
interface Kept extends Pick<Dissection, 'shape' | 'pairs'> {
  /** Of the first images, as many as are kept. */
  answers: Pick<HostAnswers, 'teacherLogits' | 'wanted' | 'studentLogits'>[];
  step: number;
  epoch: number;
  ids: readonly number[];
  run: TrainingRun;
  catalogue: Catalogue;
}

interface Asked {
  id: number;
  image: number;
}

export class Anatomist implements Follower {
  private readonly emit: Emit;
  private subject: { run: TrainingRun; catalogue: Catalogue } | null = null;
  private asked: Asked | null = null;
  private kept: Kept | null = null;

  constructor(emit: Emit) {
    this.emit = emit;
  }

  follow(run: TrainingRun, catalogue: Catalogue): void {
    this.subject = { run, catalogue };
  }

  leave(reason: string): void {
    this.subject = null;
    this.kept = null;
    this.refuse(reason);
  }

  stop(reason: string): void {
    this.refuse(reason);
  }

  /** The next step of the run is the one to take apart; a question before it that is not answered yet is given up. */
  ask(id: number, image: number): void {
    this.refuse('Another step was asked for.');
    this.asked = { id, image };
  }

  /** Whoever asked hears why there will be no answer. */
  refuse(sentence: string): void {
    if (this.asked) this.emit({ type: 'dissect-refused', id: this.asked.id, sentence });
    this.asked = null;
  }

  /** Gives the next step to the device, as the run does, and takes it apart before if that was asked for. */
  async advance(run: TrainingRun): Promise<PendingStep> {
    const { asked, subject } = this;
    if (!asked || subject?.run !== run) return run.advance();
    this.asked = null;
    const refuse = (sentence: string) => this.emit({ type: 'dissect-refused', id: asked.id, sentence });
    const begun = performance.now();
    let took = 0;
    const found: { dissection: Dissection; state: Parameters<typeof compare>[1] }[] = [];
    try {
      const pending = await run.advance(async (coming) => {
        try {
          found.push({ dissection: await dissect(coming, run.settings, breathe), state: coming.state });
        } catch (error) {
          if (!(error instanceof StepNotFinite)) throw error;
          refuse(error.message);
        }
        took = performance.now() - begun;
      });
      const [only] = found;
      if (!only) return pending;
      const own = await pending.figures;
      const checked = await compare(only.dissection, only.state, own);
      // The page forgets steps of runs that were replaced; here it may have happened while the step was made.
      if (this.subject !== subject) refuse('The run was replaced meanwhile.');
      else
        this.emit({
          type: 'anatomy',
          id: asked.id,
          anatomy: this.anatomy(only.dissection, checked, own.step, asked.image, took),
        });
      return pending;
    } catch (error) {
      refuse('The step could not be made.');
      throw error;
    } finally {
      for (const { dissection } of found) disposeDissection(dissection);
    }
  }

  /** Another image of the batch that was taken apart last. */
  specimen(image: number): void {
    const { kept } = this;
    if (kept) this.emit({ type: 'specimen', step: kept.step, specimen: specimenOf(kept, image) });
  }

  private anatomy(
    { shape, answers, pairs, parts }: Dissection,
    checked: Pick<Anatomy, 'agreement' | 'differences'>,
    step: number,
    image: number,
    milliseconds: number,
  ): Anatomy {
    const { subject } = this;
    if (!subject) throw new RangeError('There is no run to take apart');
    const { run, catalogue } = subject;
    const planOf = batchPlan(run.config, catalogue.trainCount, run.plan.stepsPerEpoch);
    const { epoch, ids } = planOf(step - 1);
    this.kept = { step, epoch, ids, run, catalogue, shape, pairs, answers: answersByImage(answers, shape) };
    return {
      step,
      epoch,
      ids: [...ids],
      shown: this.kept.answers.length,
      prototypes: shape.prototypes,
      views: shape.views,
      ...parts,
      ...checked,
      milliseconds,
      specimen: specimenOf(this.kept, image),
    };
  }
}

/** Numbers of one image's answers. */
const rowsOfImage = ({ views, prototypes }: Kept['shape']): number => (2 + 2 + views) * prototypes;

const keptImages = (shape: Kept['shape']): number =>
  Math.max(1, Math.min(shape.batch, Math.floor(KEPT_BYTES / 4 / rowsOfImage(shape))));

/** @param wanted a place in the batch; beyond those that are kept, the last of them. */
function specimenOf(kept: Kept, wanted: number): Specimen {
  const { answers, pairs, run, catalogue, ids, epoch } = kept;
  const index = Math.min(wanted, answers.length - 1);
  const own = answers[index];
  if (!own) throw new RangeError('No image of the batch is kept');
  const id = ids[index] ?? 0;
  const image = imageOf(catalogue, id);
  const { width, height } = image;
  return {
    index,
    id,
    original: { width, height, rgba: image.rgba.slice() },
    views: viewsOf(image, run.config, id, epoch),
    // What is sent is transferred, and this stays.
    teacherLogits: Float32Array.from(own.teacherLogits),
    targets: Float32Array.from(own.wanted),
    studentLogits: Float32Array.from(own.studentLogits),
    pairs: [...(pairs[index] ?? [])],
  };
}

function answersByImage(answers: HostAnswers, shape: Kept['shape']): Kept['answers'] {
  return Array.from({ length: keptImages(shape) }, (_, index) => ({
    teacherLogits: rowsOf(answers.teacherLogits, index, shape),
    wanted: rowsOf(answers.wanted, index, shape),
    studentLogits: rowsOf(answers.studentLogits, index, shape),
  }));
}

/** The rows of one image out of rows that lie view by view: [views, K]. */
function rowsOf(
  rows: Float32Array,
  index: number,
  { batch, prototypes }: Kept['shape'],
): Float32Array<ArrayBuffer> {
  const views = rows.length / batch / prototypes;
  const own = new Float32Array(views * prototypes);
  for (let view = 0; view < views; view++) {
    const from = (view * batch + index) * prototypes;
    own.set(rows.subarray(from, from + prototypes), view * prototypes);
  }
  return own;
}
