/** Runs of other visits that the browser has kept: listed, gone on with, given away. */
import { type RunTree, readTree, StateError } from '../../checkpoint/state.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import { type KeptCard, type KeptRun, type KeptState, keptCardSchema } from '../../protocol/keeping.ts';
import type { BackendInfo } from '../../protocol/values.ts';
import { breathe } from '../breathe.ts';
import type { Emit } from '../reporter.ts';
import type { RunExchange } from '../runs/exchange.ts';
import { type Entry, RunRefused, type Runs } from '../runs/runs.ts';
import { readAnnals } from './chronicle.ts';
import { type Keeper, type Loaded, SaveFailed } from './keeper.ts';
import type { Inventory } from './keeper-messages.ts';
import type { Keeping, Subject } from './keeping.ts';

/** Rows that are told at a time, so that the page has its turns in between. */
const ROWS_AT_ONCE = 500;

const UNKNOWN = 'A kept run has settings that this version of the page does not know.';

/** Characters. */
const LONGEST_NAME = 40;

/** What kept runs ask of the session. */
export interface KeptRunsHost {
  readonly runs: Runs;
  readonly exchange: Pick<RunExchange, 'adopt'>;
  catalogue(): Catalogue | null;
  backend(): BackendInfo | null;
  /** Resolves when no images are being read. */
  imagesSettled(): Promise<void>;
  /** Makes the samples of these settings. */
  remake(config: RunConfig): Promise<void>;
}

export class KeptRuns {
  private readonly emit: Emit;
  private readonly keeper: Keeper | null;
  private readonly keeping: Keeping;
  private readonly host: KeptRunsHost;
  private listed: KeptRun[] = [];
  private unusable: string[] = [];
  /** The keys of this visit's runs. */
  private readonly keys = new Map<number, string>();
  /** What those of this visit's runs come from that were kept. */
  private readonly origins = new Map<number, KeptCard['parent']>();

  constructor(emit: Emit, keeper: Keeper | null, keeping: Keeping, host: KeptRunsHost) {
    this.emit = emit;
    this.keeper = keeper;
    this.keeping = keeping;
    this.host = host;
    keeper?.watch(({ inventory }) => {
      if (inventory) this.list(inventory);
    });
  }

  /** What the present run is saved as. */
  subject(): Subject | null {
    const { runs, catalogue, backend } = this.host;
    const { present } = runs;
    const images = catalogue();
    const here = backend();
    if (!present || !images || !here) return null;
    const card: KeptCard = {
      name: present.name,
      config: present.config,
      totalSteps: present.totalSteps,
      parent: this.originOf(present),
      start: present.start,
      images: {
        name: images.name,
        source: images.source,
        fingerprint: images.fingerprint,
        count: images.images.length,
      },
      backend: { backend: here.backend, adapter: here.adapter },
    };
    return { key: this.keyOf(present.id), card: JSON.stringify(card) };
  }

  /** Goes on with a kept run where it was; from its best state as a run of its own, beside the kept one. */
  resume(key: string, which: KeptState): Promise<void> {
    return this.refusable(async () => {
      await this.host.imagesSettled();
      const { kept, loaded } = await this.load(key, which);
      const { step, savedAt } = loaded.about;
      const state = readTree(partOf(loaded, 'state'));
      await this.bringImages(kept, state);
      const branches = which === 'best' && step < kept.step;
      const { exchange, runs } = this.host;
      const then = async () => {
        const id = runs.present?.id;
        if (id !== undefined) this.origins.set(id, branches ? { name: kept.name, step } : kept.parent);
        if (id !== undefined && !branches) this.keys.set(id, key);
        await this.tellAgain(loaded);
        if (branches) return;
        this.keeping.wasSaved(step, savedAt, kept.best?.score ?? null);
        this.forget(key);
      };
      const name = branches ? branchName(kept.name, step) : kept.name;
      await exchange.adopt(name, kept.config, state, then, kept.start);
    });
  }

  /** Gives a whole state of a kept run away. */
  export(key: string, which: KeptState): Promise<void> {
    return this.refusable(async () => {
      const { kept, loaded } = await this.load(key, which);
      const { step, score } = loaded.about;
      const scored = which === 'best' && score !== null ? `-knn${score.toFixed(1)}` : '';
      this.emit({
        type: 'exported',
        name: `${kept.name}${scored}-step${step}.safetensors`,
        file: new Blob([partOf(loaded, 'state')], { type: 'application/octet-stream' }),
      });
    });
  }

  /** The newest whole state that was saved of the present run; null where there is none. */
  async lastSaved(): Promise<RunTree | null> {
    const { present } = this.host.runs;
    const key = present && this.keys.get(present.id);
    const loaded = key ? await this.keeper?.load(key).catch(() => null) : null;
    return loaded ? readTree(partOf(loaded, 'state')) : null;
  }

  private list({ runs, unusable }: Inventory): void {
    this.listed = runs.flatMap(({ states, best, bytes }) => {
      // What is listed was not read whole: where the newest state is damaged here, the one before speaks for the run.
      for (const { run, step, savedAt, card } of states) {
        const read = cardIn(card);
        if (read) return [{ ...read, key: run, step, savedAt, best, bytes }];
      }
      return [];
    });
    const unread = runs.length - this.listed.length;
    this.unusable = [...unusable, ...(unread > 0 ? [UNKNOWN] : [])];
    this.tell();
  }

  private forget(key: string): void {
    this.listed = this.listed.filter((kept) => kept.key !== key);
    this.tell();
  }

  private tell(): void {
    const own = new Set(this.keys.values());
    const runs = this.listed.filter(({ key }) => !own.has(key));
    this.emit({ type: 'kept-runs', runs, unusable: this.unusable });
  }

  private originOf({ id, parent }: Entry): KeptCard['parent'] {
    const name = parent && this.host.runs.nameOf(parent.id);
    return parent && name ? { name, step: parent.step } : (this.origins.get(id) ?? null);
  }

  private keyOf(id: number): string {
    const known = this.keys.get(id);
    if (known) return known;
    const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
    const key = drawn.toString(16).padStart(8, '0');
    this.keys.set(id, key);
    return key;
  }

  private find(key: string): KeptRun {
    const kept = this.listed.find((each) => each.key === key);
    if (!kept) throw new RunRefused('This run is not kept any more.');
    return kept;
  }

  /** A whole state, and the run as that file tells of it: what was listed may have been damaged. */
  private async load(key: string, which: KeptState): Promise<{ kept: KeptRun; loaded: Loaded }> {
    const listed = this.find(key);
    const loaded = await this.loadState(listed, which);
    const card = cardIn(loaded.about.card);
    if (!card) throw new RunRefused(UNKNOWN);
    return { kept: { ...listed, ...card }, loaded };
  }

  private async loadState({ key, name, best }: KeptRun, which: KeptState): Promise<Loaded> {
    if (which === 'newest') {
      const loaded = await this.keeper?.load(key);
      if (loaded) return loaded;
      throw new RunRefused(
        `No kept state of ${name} is whole any more: it cannot be gone on with. Start anew.`,
      );
    }
    const loaded = best && (await this.keeper?.load(key, best.step));
    if (loaded) return loaded;
    this.listed = this.listed.map((each) => (each.key === key ? { ...each, best: null } : each));
    this.tell();
    throw new RunRefused(
      `The best state of ${name} is not whole any more. Its newest one is kept by itself: go on from there.`,
    );
  }

  private async bringImages({ name, config, images }: KeptRun, { dataset }: RunTree): Promise<void> {
    const here = () => this.host.catalogue()?.fingerprint === dataset;
    if (!here() && images.source !== 'own') await this.host.remake(config);
    if (here()) return;
    throw new RunRefused(
      images.source === 'own'
        ? `${name} was trained on ${images.name}, and these are other images: drop the same folder or file, whole and unchanged.`
        : `The samples that ${name} was trained on are not made any more as they were: it cannot be gone on with.`,
    );
  }

  /** The page hears what the run had measured, as if it were measured now. */
  private async tellAgain({ parts }: Loaded): Promise<void> {
    const { figures, scores } = readAnnals(parts.get('figures'), parts.get('annals'));
    for (let at = 0; at < figures.length; at += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, figures.length - at);
      this.emit({ type: 'metrics', rows: Array.from({ length: count }, (_, i) => figures.row(at + i)) });
      await breathe();
    }
    for (const result of scores) this.emit({ type: 'knn', result });
  }

  private async refusable(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof RunRefused) this.emit({ type: 'keeping-refused', sentence: error.message });
      else if (error instanceof SaveFailed || error instanceof StateError)
        this.emit({
          type: 'keeping-refused',
          sentence: `The kept run could not be read: ${error.message}.`,
        });
      else throw error;
    }
  }
}

/** "brave-otter-from-240": says in every list and file name what it goes on from. */
const branchName = (name: string, step: number): string => {
  const suffix = `-from-${step}`;
  return name.replace(/-from-\d+$/, '').slice(0, LONGEST_NAME - suffix.length) + suffix;
};

function partOf({ parts }: Loaded, name: string): Uint8Array<ArrayBuffer> {
  const part = parts.get(name);
  if (!part) throw new RunRefused('The kept file has no state in it.');
  return part;
}

/** null where it is none that this page knows. */
const cardIn = (text: string): KeptCard | null => keptCardSchema.safeParse(jsonOf(text)).data ?? null;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
