/** Looks for signs of collapse in the present run, in pieces beside its training. */
import type { Catalogue } from '../../data/catalogue.ts';
import { initialNetwork } from '../../model/border.ts';
import { disposeNetwork, tensorsOf } from '../../model/network.ts';
import { featureWidth } from '../../model/shapes.ts';
import type { Diagnosis, Usage } from '../../protocol/diagnosis.ts';
import { chosen, idsOf } from '../evaluated-images.ts';
import type { Follower } from '../followers.ts';
import type { Emit } from '../reporter.ts';
import { Pace } from '../studies/pace.ts';
import type { TrainingRun } from '../training-run.ts';
import { type Asked, usageOf } from './usage.ts';

/** Training images that are asked at most. */
const IMAGES = 512;
/** Sets the choice of images apart from those of scores. */
const CHOICE = 2;

interface Subject {
  run: TrainingRun;
  catalogue: Catalogue;
  /** Of the network before its first step; worked out once. */
  untrained: Usage | null;
}

/** The run that was looked at is no more. */
class GivenUp extends Error {
  override name = 'GivenUp';
}

export class Diagnostician implements Follower {
  private readonly emit: Emit;
  private readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  private subject: Subject | null = null;
  /** One at a time. */
  private turn: Promise<void> = Promise.resolve();

  constructor(emit: Emit, exclusively: <T>(work: () => Promise<T>) => Promise<T>) {
    this.emit = emit;
    this.exclusively = exclusively;
  }

  follow(run: TrainingRun, catalogue: Catalogue): void {
    this.subject = { run, catalogue, untrained: null };
  }

  leave(): void {
    this.subject = null;
  }

  diagnose(): Promise<void> {
    const { subject } = this;
    this.turn = this.turn.then(async () => {
      try {
        if (!subject || this.subject !== subject) throw new GivenUp();
        this.emit({ type: 'diagnosis', diagnosis: await this.examine(subject) });
      } catch (error) {
        if (!(error instanceof GivenUp)) throw error;
        this.emit({ type: 'diagnosis', diagnosis: null });
      }
    });
    const mine = this.turn;
    // The next in turn does not care how this one ends; whoever asked for it does.
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private async examine(subject: Subject): Promise<Diagnosis> {
    const begun = performance.now();
    const { run, catalogue } = subject;
    const pace = new Pace();
    const between = async () => {
      await pace.between();
      if (this.subject !== subject) throw new GivenUp();
    };
    const piece = async <T>(work: () => Promise<T>): Promise<T> => {
      await between();
      return this.exclusively(() => {
        if (this.subject !== subject) throw new GivenUp();
        return work();
      });
    };
    const ids = chosen(idsOf(catalogue, 'train', false), IMAGES, run.config.training.seed, CHOICE);
    const asked: Asked = { catalogue, config: run.config, ids };
    if (!subject.untrained) {
      const network = await piece(async () => initialNetwork(run.spec, run.config.training.seed));
      try {
        subject.untrained = await usageOf(tensorsOf(network), null, asked, piece, between);
      } finally {
        disposeNetwork(network);
      }
    }
    const held = await piece(async () => run.hold());
    try {
      const center = await piece(async () => Float32Array.from(await held.center.data<'float32'>()));
      const teacher = await usageOf(tensorsOf(held.teacher), center, asked, piece, between);
      return {
        step: held.step,
        images: ids.length,
        prototypes: run.config.head.prototypes,
        width: featureWidth(run.config.backbone),
        teacher,
        // What is sent is transferred, and this stays.
        untrained: { ...subject.untrained, histogram: subject.untrained.histogram.slice() },
        milliseconds: performance.now() - begun,
      };
    } finally {
      run.release(held);
    }
  }
}
