/** Keeps runs beside the trainer, one tab at a time: it alone touches the files, and training waits for none of them. */
import '../../core/no-eval.ts';
import { Keep, NoRoom } from '../../checkpoint/keep.ts';
import { inventoryOf } from './inventory.ts';
import { type Inventory, type KeeperReply, type KeeperTask, keeperTaskSchema } from './keeper-messages.ts';
import { opfsStore } from './opfs.ts';

declare const self: DedicatedWorkerGlobalScope;

/** Held by the tab that keeps its runs. */
const LOCK = 'dino-keeping';
/** A page that is loaded again may have to wait for its own last worker to end, ms. */
const PATIENCE = 1500;

const keep = new Keep(opfsStore);
const reply = (message: KeeperReply, transfer: Transferable[] = []) => self.postMessage(message, transfer);
const store = (
  state: 'ready' | 'elsewhere' | 'impossible',
  detail = '',
  inventory: Inventory | null = null,
) => reply({ type: 'store', state, detail, inventory });
const words = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Resolves when it is known whether this tab keeps runs; in a second tab, once the first is closed. */
async function open(): Promise<void> {
  if (!navigator.locks || !navigator.storage?.getDirectory)
    return store('impossible', 'it has no private file system for pages, or not for this address');
  try {
    await opfsStore.list();
    const waiting = setTimeout(() => store('elsewhere'), PATIENCE);
    await locked();
    clearTimeout(waiting);
    await keep.open();
    await keep.newestWhole();
    store('ready', '', inventoryOf(keep));
  } catch (error) {
    store('impossible', words(error));
  }
}

/** Resolves when this tab holds the lock, which it does until the worker ends. */
function locked(): Promise<void> {
  return new Promise((resolve, reject) => {
    const hold = () => {
      resolve();
      return new Promise<void>(() => undefined);
    };
    navigator.locks.request(LOCK, hold).catch(reject);
  });
}

async function work(task: KeeperTask): Promise<void> {
  const { id } = task;
  try {
    if (task.task === 'save') {
      await keep.save(task.about, task.parts);
      // What was pushed out by it is not offered any more.
      store('ready', '', inventoryOf(keep));
      reply({ type: 'saved', id });
      return;
    }
    const loaded = await keep.load(task.run, task.step);
    const found = loaded && { about: loaded.file.about, parts: loaded.parts };
    reply({ type: 'loaded', id, found }, found ? [...found.parts.values()].map(({ buffer }) => buffer) : []);
  } catch (error) {
    reply({ type: 'failed', id, full: error instanceof NoRoom, message: words(error) });
  }
}

/** Tasks take turns. */
let turn = open();

self.onmessage = ({ data }: MessageEvent<unknown>) => {
  const task = keeperTaskSchema.parse(data);
  turn = turn.then(() => work(task));
};
