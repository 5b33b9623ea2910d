/** Kept runs in a store of files that may die at any moment: what is there, what is newest and whole, what goes. */
import {
  type About,
  assureWhole,
  Damaged,
  type FileStore,
  keptFile,
  keptHeader,
  keptParts,
  OtherVersion,
  type Part,
} from './keep-file.ts';

/** Runs that are kept beside the newest one. */
const OTHER_RUNS = 3;
/** States of a run that are kept, the newest ones; the best by k-NN comes on top. */
const NEWEST = 2;

/** A file that says what it is; names are made here and hold nothing of what a person typed. */
export interface KeptFile {
  name: string;
  bytes: number;
  /** Counts the saves of the store: the newest has the highest. */
  number: number;
  about: About;
}

/** A file that cannot be gone on from, and why. */
export interface LostFile {
  name: string;
  number: number;
  reason: Damaged | OtherVersion;
}

/** There is no room in the store. */
export class NoRoom extends Error {
  override name = 'NoRoom';
}

export class Keep {
  private readonly store: FileStore;
  private files: KeptFile[] = [];
  private lost: LostFile[] = [];
  private last = 0;

  constructor(store: FileStore) {
    this.store = store;
  }

  /** Reads what is there, and clears away what a save that died has left. */
  async open(): Promise<void> {
    this.files = [];
    this.lost = [];
    for (const { name, bytes } of await this.store.list()) {
      if (name.endsWith(UNFINISHED)) await this.store.remove(name);
      const number = numberOf(name);
      if (number === null) continue;
      this.last = Math.max(this.last, number);
      try {
        const { about } = await keptHeader(this.store, { name, bytes });
        this.files.push({ name, bytes, number, about });
      } catch (error) {
        if (!this.lose({ name, number }, error)) throw error;
      }
    }
    this.files.sort((a, b) => a.number - b.number);
  }

  /** Every run that is there, the newest first, each with its states, the newest first. */
  get runs(): KeptFile[][] {
    const byRun = new Map<string, KeptFile[]>();
    for (const file of this.files.toReversed())
      byRun.set(file.about.run, [...(byRun.get(file.about.run) ?? []), file]);
    return [...byRun.values()];
  }

  /** Files that are there and cannot be gone on from. */
  get unusable(): readonly LostFile[] {
    return this.lost;
  }

  /**
   * Keeps a state: after it resolves the state outlives a crash, and before that whatever was kept stays.
   * @throws NoRoom, or whatever the store throws.
   */
  async save(about: About, parts: readonly Part[]): Promise<KeptFile> {
    try {
      return await this.put(about, parts);
    } catch (error) {
      const missedLeast = isNoRoom(error) ? await this.missedLeast(about.run) : null;
      if (!missedLeast) throw noRoomOr(error);
      await this.drop(missedLeast);
    }
    try {
      return await this.put(about, parts);
    } catch (error) {
      throw noRoomOr(error);
    }
  }

  /** Of a run with several states the second newest, once the newest is found to be whole; null of one with fewer. */
  private async missedLeast(run: string): Promise<KeptFile | null> {
    const [second, newest] = this.files.filter(({ about }) => about.run === run).slice(-2);
    if (!second || !newest) return null;
    try {
      await assureWhole(this.store, newest);
      return second;
    } catch (error) {
      if (error instanceof Damaged) return newest;
      throw error;
    }
  }

  private async put(about: About, parts: readonly Part[]): Promise<KeptFile> {
    const number = ++this.last;
    const name = `${about.run}-${String(number).padStart(8, '0')}${FINISHED}`;
    const unfinished = name + UNFINISHED;
    let bytes = 0;
    try {
      await this.store.write(
        unfinished,
        counted(keptFile(about, parts), (more) => {
          bytes += more;
        }),
      );
      await this.store.move(unfinished, name);
    } catch (error) {
      await this.store.remove(unfinished).catch(() => undefined);
      throw error;
    }
    const file = { name, bytes, number, about };
    this.files.push(file);
    for (const each of superfluous(this.files)) await this.drop(each);
    for (const each of this.lost.filter(({ reason }) => reason instanceof Damaged)) await this.discard(each);
    return file;
  }

  /**
   * The newest whole state of the run, or the one at a step, with its parts; null where none is. What turns out damaged on
   * the way is `unusable`.
   */
  async load(
    run: string,
    step: number | null = null,
  ): Promise<{ file: KeptFile; parts: Map<string, Uint8Array<ArrayBuffer>> } | null> {
    const wanted = this.files.filter(
      ({ about }) => about.run === run && (step === null || about.step === step),
    );
    for (const file of wanted.toReversed())
      try {
        const { parts } = await keptParts(this.store, file);
        return { file, parts };
      } catch (error) {
        if (!this.lose(file, error)) throw error;
      }
    return null;
  }

  /** The newest whole state of all, as far as its checksum says; null where there is none. */
  async newestWhole(): Promise<KeptFile | null> {
    for (const file of this.files.toReversed())
      try {
        await assureWhole(this.store, file);
        return file;
      } catch (error) {
        if (!this.lose(file, error)) throw error;
      }
    return null;
  }

  /** Forgets what is known of the store, which somebody has emptied. */
  forget(): void {
    this.files = [];
    this.lost = [];
  }

  private async drop(file: KeptFile): Promise<void> {
    this.files = this.files.filter((each) => each !== file);
    await this.store.remove(file.name);
  }

  private async discard(file: LostFile): Promise<void> {
    this.lost = this.lost.filter((each) => each !== file);
    await this.store.remove(file.name);
  }

  /** Whether the file is lost, and not the store. */
  private lose({ name, number }: { name: string; number: number }, error: unknown): boolean {
    if (!(error instanceof Damaged || error instanceof OtherVersion)) return false;
    this.files = this.files.filter((each) => each.name !== name);
    this.lost.push({ name, number, reason: error });
    return true;
  }
}

const FINISHED = '.kept';
const UNFINISHED = '.tmp';

function numberOf(name: string): number | null {
  const found = /^[0-9a-f]{8}-(\d{8,})\.kept$/.exec(name)?.[1];
  return found === undefined ? null : Number(found);
}

/**
 * What is kept no more: all but the newest two states of each run and its best by k-NN, and all of the runs that are
 * older than the newest four. `files` are in the order of their saves.
 */
export function superfluous(files: readonly KeptFile[]): KeptFile[] {
  const runs = [...new Set(files.toReversed().map(({ about }) => about.run))];
  const staying = runs.slice(0, 1 + OTHER_RUNS).flatMap((run) => {
    const states = files.filter(({ about }) => about.run === run);
    const best = bestOf(states);
    return [...states.slice(-NEWEST), ...(best ? [best] : [])];
  });
  return files.filter((file) => !staying.includes(file));
}

/** The state with the highest score, of equals the newest; null where none was scored. */
export function bestOf(states: readonly KeptFile[]): KeptFile | null {
  return states.reduce<KeptFile | null>((best, state) => {
    const { score } = state.about;
    return score !== null && score >= (best?.about.score ?? Number.NEGATIVE_INFINITY) ? state : best;
  }, null);
}

async function* counted(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  for await (const piece of pieces) {
    count(piece.byteLength);
    yield piece;
  }
}

const isNoRoom = (error: unknown) =>
  error instanceof NoRoom || (error instanceof Error && error.name === 'QuotaExceededError');

const noRoomOr = (error: unknown) =>
  isNoRoom(error) && error instanceof Error ? new NoRoom(error.message, { cause: error }) : error;
