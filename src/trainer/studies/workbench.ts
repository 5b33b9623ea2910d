/** What a study works with: one state of the run, its images, and features of them, in pieces that take turns. */
import * as tf from '@tensorflow/tfjs-core';
import type { RunConfig } from '../../config/schema.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import type { RunSnapshot } from '../../dino/run-state.ts';
import type { RowsOf } from '../../eval/features.ts';
import { readableBlocks, readFeatures } from '../../model/backbone.ts';
import { initialNetwork } from '../../model/border.ts';
import { disposeNetwork, type Network, type Tensors, tensorsOf } from '../../model/network.ts';
import { featureWidth, rowSide } from '../../model/shapes.ts';
import { networkSpec } from '../../model/specs.ts';
import { tokenLayout } from '../../ops/layout.ts';
import type { Study, TuningCurves } from '../../protocol/studies.ts';
import { evalRows, idsOf, imageOf, pixelSide, scoredIds } from '../evaluated-images.ts';
import { networkShape } from '../run-settings.ts';
import type { FeatureCache } from './cache.ts';
import { numerics } from './numerics.ts';
import type { JobOf, ResultOf, Task } from './numerics-messages.ts';
import { Pace, Rhythm } from './pace.ts';
import { type Desk, StudyRefused } from './queue.ts';

/** Whose features: the network that is studied, the same before its first step, or no network at all. */
export type Who = 'network' | 'untrained' | 'pixels';

/** "2 of 3": whose turn it is, for a study that measures all of them one after the other. */
export const TURN: Record<Who, string> = { network: '1 of 3', untrained: '2 of 3', pixels: '3 of 3' };

/** Rows of `width` numbers, one an image. */
export interface Features {
  rows: Float32Array;
  width: number;
}

export interface Split {
  ids: number[];
  /** −1 without a label. */
  labels: Int32Array;
}

/** Waits for its turn and then has the device to itself. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

export interface Materials {
  catalogue: Catalogue;
  config: RunConfig;
  held: RunSnapshot;
  cache: FeatureCache;
  exclusively: Exclusively;
}

/** Images a piece at first; then as many as take about as long as a person does not notice. */
const BATCH = { first: 8, most: 64 };
/** The page draws what it is told, curves more slowly than a line of text. */
const TELL_MS = 100;
const SHOW_MS = 400;
const PIECE_MS = { short: 40, long: 160 };

/** What is studied, as every study says it. */
type Subject = Pick<Study, 'network' | 'images'>;

export class Workbench {
  readonly catalogue: Catalogue;
  readonly config: RunConfig;
  readonly step: number;
  private readonly study: Subject;
  private readonly materials: Materials;
  private readonly desk: Desk;
  private readonly pace = new Pace();
  private readonly telling = new Rhythm(TELL_MS);
  private readonly showing = new Rhythm(SHOW_MS);
  private untrained: Network | null = null;

  constructor(study: Subject, materials: Materials, desk: Desk) {
    this.catalogue = materials.catalogue;
    this.config = materials.config;
    this.step = materials.held.step;
    this.study = study;
    this.materials = materials;
    this.desk = desk;
  }

  /** Tells how far the study is: at once of a new stage, which is named before the first colon, then a few times a second. */
  say(text: string, share: number | null = null): void {
    const stage = text.split(':')[0] ?? '';
    if (this.telling.isDue(stage)) this.desk.say(text, share);
  }

  /** Shows how the fine-tuning of one of the three has gone so far: at once of its first epoch, then a few times a second. */
  show(who: Who, curves: TuningCurves): void {
    if (this.showing.isDue(who)) this.desk.show(curves);
  }

  /** Awaited between pieces of work: lets others in, and gives up when the study is no longer wanted. */
  readonly between = async (): Promise<void> => {
    await this.pace.between();
    this.desk.signal.throwIfAborted();
  };

  /** Work on the device, in its turn. Gives up before the work alone: whoever asked for tensors always gets them. */
  async piece<T>(work: () => Promise<T>): Promise<T> {
    await this.between();
    return this.materials.exclusively(() => {
      this.desk.signal.throwIfAborted();
      return work();
    });
  }

  /** A plain computation, in a worker of its own where there are workers. `say` tells how many parts of it are done. */
  numerics<T extends Task>(job: JobOf<T>, say: (done: number) => void = () => {}): Promise<ResultOf<T>> {
    return numerics(job, { signal: this.desk.signal, between: this.between, onProgress: say });
  }

  /** @throws StudyRefused when the images have no classes to score by. */
  labelled(): { train: Split; val: Split; classes: number } {
    const classes = this.catalogue.classes.length;
    const [train, val] = [this.split('train', true), this.split('val', true)];
    if (classes < 2)
      throw new StudyRefused('These images have no classes, so there is nothing to be right or wrong about.');
    if (train.ids.length === 0 || val.ids.length === 0)
      throw new StudyRefused(
        'This needs labelled images in both splits: some to learn from and some to be scored on.',
      );
    return { train, val, classes };
  }

  /** The images of a split: all, or those that scores are made of. */
  split(split: 'train' | 'val', labelled: boolean): Split {
    const { catalogue, config } = this;
    const all = idsOf(catalogue, split, labelled);
    const ids = this.study.images === 'some' && labelled ? scoredIds(catalogue, config, split) : all;
    return { ids, labels: Int32Array.from(ids, (id) => imageOf(catalogue, id).label ?? -1) };
  }

  /**
   * Features of the images, computed once for each state of the network: CLS tokens of the last `blocks` blocks, a
   * ResNet's one vector, or the normalised pixels at `side` × `side` px.
   */
  async features(who: Who, ids: readonly number[], blocks = 1, side = this.pixelSide): Promise<Features> {
    const { cache } = this.materials;
    const { backbone } = this.config;
    const used = Math.min(blocks, readableBlocks(backbone));
    const width = who === 'pixels' ? 3 * side ** 2 : used * featureWidth(backbone);
    const state = who === 'pixels' ? `${side} px` : `${this.stateOf(who)}, ${used} blocks`;
    const key = `${state}; ${namesOf(ids)}`;
    const known = cache.get(key);
    if (known) return { rows: known, width };
    const rows = new Float32Array(ids.length * width);
    const name = who === 'network' ? `the ${this.study.network}` : NAMES[who];
    const done = (count: number) =>
      this.say(`Features of ${name}: ${inWords(count)} of ${inWords(ids.length)} images`, count / ids.length);
    done(0);
    if (who === 'pixels') await this.pixels(ids, rows, side, done);
    else await this.forward(who, ids, rows, used, done);
    cache.set(key, rows);
    return { rows, width };
  }

  /** Numbers that a study has found of one of the three and these images, for another study to use; null if none has. */
  found(what: string, who: Who, ids: readonly number[]): Float32Array | null {
    return this.materials.cache.get(this.findingKey(what, who, ids));
  }

  remember(what: string, who: Who, ids: readonly number[], values: Float32Array): void {
    this.materials.cache.set(this.findingKey(what, who, ids), values);
  }

  private findingKey(what: string, who: Who, ids: readonly number[]): string {
    return `${what}; ${this.stateOf(who)}; ${namesOf(ids)}`;
  }

  private stateOf(who: Who): string {
    return who === 'network' ? `${this.study.network} at ${this.step}` : who;
  }

  get pixelSide(): number {
    return pixelSide(this.config);
  }

  private async pixels(
    ids: readonly number[],
    rows: Float32Array,
    side: number,
    done: (count: number) => void,
  ): Promise<void> {
    const rowsOf = evalRows(this.catalogue, this.config, ids, side, side);
    const width = 3 * side ** 2;
    for (let from = 0; from < ids.length; from += BATCH.first) {
      rows.set(rowsOf(from, Math.min(ids.length, from + BATCH.first)), from * width);
      done(Math.min(ids.length, from + BATCH.first));
      await this.between();
    }
  }

  private async forward(
    who: 'network' | 'untrained',
    ids: readonly number[],
    rows: Float32Array,
    blocks: number,
    done: (count: number) => void,
  ): Promise<void> {
    const { backbone, views } = this.config;
    const width = blocks * featureWidth(backbone);
    const rowsOf = evalRows(this.catalogue, this.config, ids, views.globalSize, rowSide(backbone));
    const tensors = tensorsOf(await this.networkOf(who));
    let batch = BATCH.first;
    for (let from = 0; from < ids.length; ) {
      const to = Math.min(ids.length, from + batch);
      const start = from;
      const took = await this.piece(async () => {
        const begun = performance.now();
        rows.set(await this.featuresOf(tensors, rowsOf, start, to, blocks), start * width);
        return performance.now() - begun;
      });
      if (took < PIECE_MS.short) batch = Math.min(BATCH.most, 2 * batch);
      else if (took > PIECE_MS.long) batch = Math.max(1, batch / 2);
      from = to;
      done(to);
    }
  }

  /** [to − from, blocks·width] */
  private async featuresOf(
    tensors: Tensors,
    rowsOf: RowsOf,
    from: number,
    to: number,
    blocks: number,
  ): Promise<Float32Array> {
    const { backbone, views } = this.config;
    const square = rowSide(backbone);
    const side = views.globalSize / square;
    const count = to - from;
    const cls = tf.tidy(() => {
      const patches = tf.tensor2d(rowsOf(from, to), [count * side * side, 3 * square ** 2]);
      const layout = tokenLayout([{ sequences: count, rows: side, columns: side }]);
      const each = readFeatures(tensors, { patches, layout }, backbone, blocks);
      return each.length === 1 ? each : [tf.concat2d(each, 1)];
    });
    const values = await cls[0]?.data<'float32'>();
    tf.dispose(cls);
    return values ?? new Float32Array();
  }

  /** Not to be changed or disposed of. */
  async networkOf(who: 'network' | 'untrained'): Promise<Network> {
    if (who === 'network') return this.materials.held[this.study.network];
    this.untrained ??= await this.piece(async () =>
      initialNetwork(networkSpec(networkShape(this.config)), this.config.training.seed),
    );
    return this.untrained;
  }

  close(): void {
    if (this.untrained) disposeNetwork(this.untrained);
    this.untrained = null;
  }
}

/** Every choice of images here is a run of increasing ids. */
const namesOf = (ids: readonly number[]): string => `${ids[0]} to ${ids.at(-1)}, ${ids.length}`;

const NAMES = { untrained: 'the untrained network', pixels: 'raw pixels' } as const;

export function inWords(count: number): string {
  return count.toLocaleString('en');
}
