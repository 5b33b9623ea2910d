/** Maps of a run's images: features in turn with the training, then a layout in a worker; one at a time. */
import type { Catalogue } from '../../data/catalogue.ts';
import { unitLength } from '../../eval/features.ts';
import type { MapImages, MapResult, MapWish } from '../../protocol/embedding.ts';
import type { Follower } from '../followers.ts';
import { ProjectionFailed, projectBeside } from '../projection.ts';
import type { Emit } from '../reporter.ts';
import type { FeatureCache } from '../studies/cache.ts';
import { StudyRefused } from '../studies/queue.ts';
import { type Exclusively, type Features, Workbench } from '../studies/workbench.ts';
import type { TrainingRun } from '../training-run.ts';
import { mapImages } from './map-images.ts';
import { projectorZip } from './projector-zip.ts';

/** k-means without classes. */
const CLUSTERS = 10;
const FEWEST = 10;

type Start = { ids: Int32Array; positions: Float32Array<ArrayBuffer> } | null;
type Source = Pick<MapWish, 'network' | 'images'>;

interface Subject {
  run: TrainingRun;
  catalogue: Catalogue;
}

interface Job {
  id: number;
  stop: AbortController;
}

/** What a map is made of. */
interface Material {
  catalogue: Catalogue;
  images: MapImages;
  features: Features;
  step: number;
}

export class Maps implements Follower {
  private readonly emit: Emit;
  private readonly exclusively: Exclusively;
  private readonly cache: FeatureCache;
  private readonly projectBeside: typeof projectBeside;
  private subject: Subject | null = null;
  private missing = 'There is nothing to map yet: bring in images first.';
  private job: Job | null = null;

  /** @param cache features that studies have computed, too. */
  constructor(emit: Emit, exclusively: Exclusively, cache: FeatureCache, make = projectBeside) {
    this.emit = emit;
    this.exclusively = exclusively;
    this.cache = cache;
    this.projectBeside = make;
  }

  follow(run: TrainingRun, catalogue: Catalogue): void {
    this.subject = { run, catalogue };
  }

  leave(): void {
    this.refuse('The run was replaced meanwhile. Make the map again on the new one.');
  }

  stop(sentence: string): void {
    this.refuse(sentence);
  }

  /** Ends what is under way with this sentence, and refuses more with it until the next `follow`. */
  private refuse(sentence: string): void {
    this.subject = null;
    this.missing = sentence;
    this.end('failed', sentence);
  }

  /** Ends the map before it. */
  start(id: number, wish: MapWish, start: Start): Promise<void> {
    return this.work(id, wish, async (material, job) => {
      const { images, step } = material;
      this.emit({ type: 'map-images', id, step, images: copied(images) });
      const begun = performance.now();
      const same = start !== null && sameIds(start.ids, images.ids) ? start.positions : null;
      const result = await this.laidOut(material, wish, same, job);
      const seconds = (performance.now() - begun) / 1000;
      this.emit({ type: 'map', id, result: { wish, step, ids: images.ids.slice(), seconds, ...result } });
    });
  }

  /** Writes features, labels and thumbnails as TensorBoard's Embedding Projector takes them. */
  export(id: number, source: Source): Promise<void> {
    return this.work(id, source, async ({ catalogue, images, features, step }, { stop }) => {
      const bytes = await projectorZip(
        { catalogue, ids: images.ids, features, name: `${source.network} at step ${step}` },
        async (text, share) => {
          this.say(id, text, share);
          await new Promise((resolve) => setTimeout(resolve));
          stop.signal.throwIfAborted();
        },
      );
      this.emit({ type: 'projector', id, step, bytes });
    });
  }

  /** It ends now; what its worker is at is thrown away. */
  cancel(id: number): void {
    if (this.job?.id === id) this.end('cancelled', 'Cancelled.');
  }

  private async work(
    id: number,
    source: Source,
    make: (material: Material, job: Job) => Promise<void>,
  ): Promise<void> {
    this.end('cancelled', 'Another one was asked for.');
    const job: Job = { id, stop: new AbortController() };
    this.job = job;
    try {
      const material = await this.material(source, job);
      await make(material, job);
      this.end('done', '', job);
    } catch (error) {
      this.end('failed', sentenceOf(error), job);
    }
  }

  /** Features of the run as it is when its turn comes. */
  private async material({ network, images: most }: Source, { id, stop }: Job): Promise<Material> {
    const { subject, cache, exclusively } = this;
    if (!subject) throw new StudyRefused(this.missing);
    const { run, catalogue } = subject;
    const images = mapImages(catalogue, most, run.config.training.seed);
    if (images.ids.length < FEWEST)
      throw new StudyRefused(`A map needs ${FEWEST} images or more; there are ${images.ids.length}.`);
    this.say(id, 'Waits for its turn', null);
    const held = await exclusively(async () => {
      stop.signal.throwIfAborted();
      return run.hold();
    });
    const who = network === 'untrained' ? 'untrained' : 'network';
    const bench = new Workbench(
      { network: network === 'student' ? 'student' : 'teacher', images: 'all' },
      { catalogue, config: run.config, held, cache, exclusively },
      {
        signal: stop.signal,
        say: (text, share) => {
          if (!stop.signal.aborted) this.say(id, text, share);
        },
        show: () => {},
      },
    );
    try {
      const features = await bench.features(who, [...images.ids]);
      return { catalogue, images, features, step: network === 'untrained' ? 0 : held.step };
    } finally {
      bench.close();
      run.release(held);
    }
  }

  private laidOut(
    { catalogue, images, features: { rows, width } }: Material,
    { projection, seed }: MapWish,
    start: Float32Array<ArrayBuffer> | null,
    { id, stop }: Job,
  ): Promise<Omit<MapResult, 'wish' | 'step' | 'ids' | 'seconds'>> {
    const clusters = Math.max(2, catalogue.classes.length > 1 ? catalogue.classes.length : CLUSTERS);
    return this.projectBeside(
      {
        rows: unitLength(rows, width),
        width,
        labels: images.labels.slice(),
        clusters,
        projection,
        seed,
        start,
      },
      {
        stage: (text, share) => {
          if (!stop.signal.aborted) this.say(id, text, share);
        },
        positions: (positions) => {
          if (!stop.signal.aborted) this.emit({ type: 'map-positions', id, positions });
        },
      },
      stop.signal,
    );
  }

  private say(id: number, text: string, share: number | null): void {
    this.emit({ type: 'map-progress', id, text, share });
  }

  /** A job is done with once its signal is aborted: whatever comes of it after that is not heard. */
  private end(reason: 'done' | 'cancelled' | 'failed', sentence: string, job = this.job): void {
    if (!job || job.stop.signal.aborted) return;
    job.stop.abort();
    if (this.job === job) this.job = null;
    this.emit({ type: 'map-ended', id: job.id, reason, sentence });
  }
}

/** What is sent is handed over. */
function copied({ ids, labels, folderOf, ...rest }: MapImages): MapImages {
  return { ...rest, ids: ids.slice(), labels: labels.slice(), folderOf: folderOf.slice() };
}

function sameIds(some: Int32Array, others: Int32Array): boolean {
  return some.length === others.length && some.every((id, i) => id === others[i]);
}

function sentenceOf(error: unknown): string {
  if (error instanceof StudyRefused) return error.message;
  if (error instanceof ProjectionFailed) return `The map could not be made: ${error.message}.`;
  return `Something went wrong that should not: ${error instanceof Error ? error.message : String(error)}`;
}
