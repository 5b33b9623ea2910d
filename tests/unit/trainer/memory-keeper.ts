/** A keeper of runs in memory, with the code that keeps them in the browser; it dies, fills up and rots with its store. */
import { Keep, NoRoom } from '../../../src/checkpoint/keep.ts';
import { inventoryOf } from '../../../src/trainer/keeping/inventory.ts';
import { type Keeper, SaveFailed } from '../../../src/trainer/keeping/keeper.ts';
import type { StoreState } from '../../../src/trainer/keeping/keeper-messages.ts';
import type { MemoryStore } from '../checkpoint/memory-store.ts';

/** Opens the store as a page does that is loaded. */
export async function memoryKeeper(store: MemoryStore): Promise<Keeper> {
  const keep = new Keep(store);
  await keep.open();
  await keep.newestWhole();
  /** As the worker does, in turns. */
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work).catch((error: unknown) => {
      throw new SaveFailed(error instanceof Error ? error.message : String(error), error instanceof NoRoom);
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
  const listeners: ((state: StoreState) => void)[] = [];
  const tell = () => {
    for (const listener of listeners) listener({ state: 'ready', detail: '', inventory: inventoryOf(keep) });
  };
  return {
    watch: (listener) => {
      listeners.push(listener);
      tell();
    },
    save: (about, parts) => {
      const transfer = [...new Set(parts.flatMap(({ pieces }) => pieces.map(({ buffer }) => buffer)))];
      const given = structuredClone(parts, { transfer });
      return inTurn(async () => {
        await keep.save(about, [...given]);
        tell();
      });
    },
    load: (run, step) =>
      inTurn(async () => {
        const loaded = await keep.load(run, step);
        return loaded && { about: loaded.file.about, parts: loaded.parts };
      }),
  };
}
