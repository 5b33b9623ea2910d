/** The trainer's end of the worker that keeps its runs. */
import type { About, Part } from '../../checkpoint/keep-file.ts';
import { ownBytes } from '../../core/own-bytes.ts';
import { type KeeperReply, type KeeperTask, keeperReplySchema, type StoreState } from './keeper-messages.ts';

export interface Loaded {
  about: About;
  parts: Map<string, Uint8Array<ArrayBuffer>>;
}

/** Who keeps runs, so that tests can stand in for it. */
export interface Keeper {
  /** Calls back whenever it becomes known whether runs can be kept here, and what is there. */
  watch(listener: (state: StoreState) => void): void;
  /** The pieces are given away. @throws SaveFailed */
  save(about: About, parts: readonly Part[]): Promise<void>;
  /** The newest whole state of the run, or the one at a step; null where there is none. @throws SaveFailed */
  load(run: string, step?: number | null): Promise<Loaded | null>;
}

/** A state was not kept, or not read. */
export class SaveFailed extends Error {
  override name = 'SaveFailed';
  constructor(
    message: string,
    readonly full: boolean,
  ) {
    super(message);
  }
}

/** What is needed of a worker. */
export interface KeeperWorker {
  postMessage(task: KeeperTask, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<unknown>) => void): void;
  addEventListener(type: 'error', listener: (event: ErrorEvent) => void): void;
}

export function keeperOver(worker: KeeperWorker): Keeper {
  const waiting = new Map<number, (reply: KeeperReply) => void>();
  const listeners: ((state: StoreState) => void)[] = [];
  let state: StoreState | null = null;
  let count = 0;
  const tell = (next: StoreState) => {
    state = next;
    for (const listener of listeners) listener(next);
  };
  const end = (message: string) => {
    tell({ state: 'impossible', detail: message, inventory: null });
    for (const [id, answer] of waiting) answer({ type: 'failed', id, full: false, message });
    waiting.clear();
  };
  worker.addEventListener('message', ({ data }) => {
    const parsed = keeperReplySchema.safeParse(data);
    if (!parsed.success) return end('the worker that saves runs sent what nobody knows');
    const reply = parsed.data;
    if (reply.type === 'store') return tell(reply);
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    end(event.message || 'the worker that saves runs ended');
  });
  const ask = (task: KeeperTask, transfer: Transferable[]) =>
    new Promise<KeeperReply>((resolve) => {
      waiting.set(task.id, resolve);
      worker.postMessage(task, transfer);
    });
  return {
    watch: (listener) => {
      listeners.push(listener);
      if (state) listener(state);
    },
    save: async (about, parts) => {
      const own = parts.map(({ name, pieces }) => ({ name, pieces: pieces.map(ownBytes) }));
      const buffers = new Set(own.flatMap(({ pieces }) => pieces.map(({ buffer }) => buffer)));
      const reply = await ask({ task: 'save', id: ++count, about, parts: own }, [...buffers]);
      if (reply.type === 'failed') throw new SaveFailed(reply.message, reply.full);
    },
    load: async (run, step = null) => {
      const reply = await ask({ task: 'load', id: ++count, run, step }, []);
      if (reply.type === 'failed') throw new SaveFailed(reply.message, reply.full);
      return reply.type === 'loaded' ? reply.found : null;
    },
  };
}

/** Null where there are no workers: in Node. */
export function openKeeper(): Keeper | null {
  if (typeof Worker === 'undefined') return null;
  return keeperOver(
    new Worker(new URL('./keeper-worker.ts', import.meta.url), { type: 'module', name: 'keeper' }),
  );
}
