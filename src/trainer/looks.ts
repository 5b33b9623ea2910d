/** Looking closer at one picture of any size: any block of any network, beside training. */
import { pixelsOf } from '../core/pixels.ts';
import { wholeView } from '../data/augment.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { ownView, PictureTooNarrowError } from '../data/own-view.ts';
import { type OpenedPhoto, openPhoto, PhotoRefused } from '../data/photo.ts';
import { patchRows } from '../data/view.ts';
import { attentionDistances, CLS, rollout, tokenAttention } from '../eval/attention-flow.ts';
import { bytesOf, close, type Opened, openNetwork } from '../eval/opened.ts';
import { type Between, paced } from '../eval/pace.ts';
import { patchColors } from '../eval/patch-colors.ts';
import type { Look, LookResult } from '../protocol/looks.ts';
import { borrow } from './borrowed.ts';
import { breathe } from './breathe.ts';
import { imageOf } from './evaluated-images.ts';
import type { Follower } from './followers.ts';
import { NoAttentionError, vitOf } from './no-attention.ts';
import type { Emit } from './reporter.ts';
import type { TrainingRun } from './training-run.ts';

/** An opened network stays on the device for the next question about it, if it is not larger than this: 256 MiB. */
const KEPT_BYTES = 2 ** 28;

/** A look works this long before it lets others work, milliseconds. */
const PAUSE_EVERY = 200;

interface Subject {
  run: TrainingRun;
  catalogue: Catalogue;
}

/** A network opened up on a picture, and what it was. */
interface Kept {
  key: string;
  subject: Subject;
  opened: Opened;
}

/** The run that was looked at is no more, or somebody looks at something else by now. */
class GivenUp extends Error {
  override name = 'GivenUp';
}

export class Looks implements Follower {
  private readonly emit: Emit;
  private readonly soon: (work: () => Promise<void>) => Promise<void>;
  private subject: Subject | null = null;
  private photo: OpenedPhoto | null = null;
  /** Counts the photos, so that what was kept of one is not taken for another. */
  private photos = 0;
  private kept: Kept | null = null;
  /** The newest question; one before it that is not answered yet is given up. */
  private asked = 0;

  constructor(emit: Emit, soon: (work: () => Promise<void>) => Promise<void>) {
    this.emit = emit;
    this.soon = soon;
  }

  /** From now on this run is looked at. */
  follow(run: TrainingRun, catalogue: Catalogue): void {
    this.subject = { run, catalogue };
  }

  /** Gives up what is under way. What is kept of the run is freed once nobody works with it. */
  leave(): void {
    this.subject = null;
    void this.soon(async () => this.free());
  }

  /** Forgets what is kept: its memory is gone with the device. */
  forget(): void {
    this.kept = null;
  }

  async openPhoto(file: File): Promise<void> {
    try {
      const photo = await openPhoto(file);
      this.photo = photo;
      this.photos++;
      const { name, width, height } = photo;
      this.emit({ type: 'photo', photo: { name, width, height } });
    } catch (error) {
      if (!(error instanceof PhotoRefused)) throw error;
      this.emit({ type: 'photo-refused', sentence: error.message });
    }
  }

  /** Answers a wish at the run's present step, when its turn has come. A newer one ends it. */
  look(id: number, wish: Look): Promise<void> {
    const { subject } = this;
    this.asked = id;
    // Each pause lets a step of a run in progress in between, so a short look makes none.
    const between = paced(async () => {
      await breathe();
      if (this.subject !== subject || this.asked !== id) throw new GivenUp();
    }, PAUSE_EVERY);
    return this.soon(async () => {
      try {
        if (!subject || this.subject !== subject || this.asked !== id) throw new GivenUp();
        this.emit({ type: 'look', id, result: await this.answer(wish, subject, between) });
      } catch (error) {
        const told = error instanceof PictureTooNarrowError || error instanceof NoAttentionError;
        if (!(told || error instanceof GivenUp)) throw error;
        const sentence = told ? error.message : null;
        this.emit({ type: 'look-refused', id, sentence });
      }
    });
  }

  private async answer(wish: Look, subject: Subject, between: Between): Promise<LookResult> {
    const begun = performance.now();
    const { views } = subject.run.config;
    const backbone = vitOf(subject.run.config);
    const { picture, source } = this.pictureOf(wish, subject);
    const view =
      wish.resolution === 'own' ? ownView(picture, backbone.patchSize) : wholeView(picture, views.globalSize);
    const rows = view.height / backbone.patchSize;
    const columns = view.width / backbone.patchSize;
    const look: Look = {
      ...wish,
      patch: wish.patch !== null && wish.patch < rows * columns ? wish.patch : null,
    };
    const last = backbone.depth - 1;
    const block = Math.min(wish.block ?? last, last);
    const { step } = subject.run;
    const key = [
      step,
      look.network,
      look.image === 'photo' ? `photo ${this.photos}` : look.image,
      look.resolution,
    ];
    const opened = await this.opened(key.join('/'), subject, look.network, between, () => ({
      patches: patchRows([view], backbone.patchSize),
      grid: { rows, columns },
    }));
    try {
      const shown = await shownOf(opened, look, block, backbone.patchSize, between);
      return {
        look,
        step,
        block,
        blocks: backbone.depth,
        heads: backbone.heads,
        rows,
        columns,
        patchSize: backbone.patchSize,
        pixels: pixelsOf(view),
        source,
        milliseconds: performance.now() - begun,
        shown,
      };
    } finally {
      if (this.kept?.opened !== opened) close(opened);
    }
  }

  private pictureOf({ image }: Look, { catalogue }: Subject) {
    if (image !== 'photo') {
      const picture = imageOf(catalogue, image);
      return { picture, source: { width: picture.width, height: picture.height } };
    }
    if (!this.photo) throw new RangeError('No photo was opened: open one first.');
    const { pixels, width, height } = this.photo;
    return { picture: pixels, source: { width, height } };
  }

  /** The network opened up on the picture: the one that is kept, if it is the same. */
  private async opened(
    key: string,
    subject: Subject,
    network: Look['network'],
    between: Between,
    input: () => { patches: Float32Array; grid: { rows: number; columns: number } },
  ): Promise<Opened> {
    if (this.kept?.key === key && this.kept.subject === subject) return this.kept.opened;
    this.free();
    const { run } = subject;
    const { patches, grid } = input();
    const borrowed = borrow(run, network);
    let opened: Opened;
    try {
      opened = await openNetwork(borrowed.tensors, vitOf(run.config), patches, grid, between);
    } finally {
      borrowed.giveBack();
    }
    if (bytesOf(opened) <= KEPT_BYTES) this.kept = { key, subject, opened };
    return opened;
  }

  private free(): void {
    if (this.kept) close(this.kept.opened);
    this.kept = null;
  }
}

/** What is asked for of a block, from the CLS token or from a patch. */
export async function shownOf(
  opened: Opened,
  { show: what, patch }: Pick<Look, 'show' | 'patch'>,
  block: number,
  patchSize: number,
  between: Between,
): Promise<LookResult['shown']> {
  const token = patch === null ? CLS : 1 + patch;
  switch (what) {
    case 'heads':
      return { show: what, maps: await tokenAttention(opened, block, token) };
    case 'rollout':
      return { show: what, map: await rollout(opened, block, token, between) };
    case 'colors': {
      const { shares, explained } = await patchColors(opened, block, between);
      const data = Uint8Array.from(shares, (share) => Math.round(255 * share));
      const { rows, columns } = opened.segment;
      return { show: what, colors: pixelsOf({ width: columns, height: rows, data }), explained };
    }
    case 'distances':
      return { show: what, distances: await attentionDistances(opened, patchSize, between) };
    default:
      return what satisfies never;
  }
}
