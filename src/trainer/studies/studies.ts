/** The studies of a run: which run it is, what they keep of it between them, and how one is conducted. */
import type { Catalogue } from '../../data/catalogue.ts';
import type { Study, StudyResult } from '../../protocol/studies.ts';
import type { Follower } from '../followers.ts';
import type { Emit } from '../reporter.ts';
import type { TrainingRun } from '../training-run.ts';
import { FeatureCache } from './cache.ts';
import { conduct } from './conduct.ts';
import { type Desk, StudyQueue, StudyRefused } from './queue.ts';
import { type Exclusively, Workbench } from './workbench.ts';

interface Subject {
  run: TrainingRun;
  catalogue: Catalogue;
}

export class Studies implements Follower {
  private readonly queue: StudyQueue;
  private readonly exclusively: Exclusively;
  /** Features that were computed once, for whoever works beside the studies, too. */
  readonly cache = new FeatureCache();
  private subject: Subject | null = null;
  private missing = 'There is nothing to study yet: bring in images first.';

  constructor(emit: Emit, exclusively: Exclusively) {
    this.exclusively = exclusively;
    this.queue = new StudyQueue(emit, (study, desk) => this.conduct(study, desk));
  }

  /** From now on this run is studied. */
  follow(run: TrainingRun, catalogue: Catalogue): void {
    this.subject = { run, catalogue };
  }

  /** Ends every study with this sentence, and refuses others with it until the next `follow`. */
  leave(sentence: string): void {
    this.subject = null;
    this.missing = sentence;
    this.cache.clear();
    this.queue.endAll(sentence);
  }

  stop(sentence: string): void {
    this.leave(sentence);
  }

  start(id: number, study: Study): void {
    this.queue.add(id, study);
  }

  cancel(id: number): void {
    this.queue.cancel(id);
  }

  private async conduct(study: Study, desk: Desk): Promise<StudyResult> {
    const { subject, cache, exclusively } = this;
    if (!subject) throw new StudyRefused(this.missing);
    const { run, catalogue } = subject;
    const begun = performance.now();
    desk.say('Waits for its turn', null);
    const held = await exclusively(async () => {
      desk.signal.throwIfAborted();
      return run.hold();
    });
    const bench = new Workbench(study, { catalogue, config: run.config, held, cache, exclusively }, desk);
    try {
      const found = await conduct(study, bench);
      return { study, step: held.step, seconds: (performance.now() - begun) / 1000, ...found };
    } finally {
      bench.close();
      run.release(held);
    }
  }
}
