/** Takes away all that the page has left in this browser, and nothing of other pages of the same address. */
import { delMany, keys } from 'idb-keyval';

/** Names under which the page leaves things; whoever leaves more says it here. */
const FOLDER = 'kept-runs';
const TIMINGS = 'kernels ';
const CACHES = 'dino-playground-';
const SCHEME = 'mantine-color-scheme-value';
const RELOADED = 'reloaded-for-isolation';
const LOCK = 'dino-keeping';

/** Tries before a file that is still open is given up; a worker that was ended lets go of it in a moment. */
const TRIES = 20;
const REST_MS = 100;

/** How many other tabs of the page save a run or wait to. @param own whether this tab is one of them. */
export async function otherTabs(own: boolean): Promise<number> {
  if (!navigator.locks) return 0;
  const { held = [], pending = [] } = await navigator.locks.query();
  return [...held, ...pending].filter(({ name }) => name === LOCK).length - (own ? 1 : 0);
}

/** Resolves when nothing is left. The trainer must have been ended before. */
export async function eraseAll(): Promise<void> {
  await Promise.all([eraseKeptRuns(), eraseTimings(), eraseOfflineCopy()]);
  localStorage.removeItem(SCHEME);
  sessionStorage.removeItem(RELOADED);
}

/** Opens the page as if for the first time. */
export function openAnew(): void {
  const { pathname, search } = window.location;
  window.history.replaceState(null, '', pathname + search);
  window.location.reload();
}

async function eraseKeptRuns(): Promise<void> {
  if (!navigator.storage?.getDirectory) return;
  for (let left = TRIES; ; left--)
    try {
      const root = await navigator.storage.getDirectory();
      return await root.removeEntry(FOLDER, { recursive: true });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotFoundError') return;
      // A window in which nothing can be kept has nothing to erase.
      if (error instanceof DOMException && error.name === 'SecurityError') return;
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
}

async function eraseTimings(): Promise<void> {
  if (typeof indexedDB === 'undefined') return;
  const own = (await keys()).filter((key) => typeof key === 'string' && key.startsWith(TIMINGS));
  await delMany(own);
}

async function eraseOfflineCopy(): Promise<void> {
  if ('serviceWorker' in navigator)
    for (const registration of await navigator.serviceWorker.getRegistrations())
      if (registration.scope === new URL('./', window.location.href).href) await registration.unregister();
  if (!('caches' in window)) return;
  for (const name of await caches.keys()) if (name.startsWith(CACHES)) await caches.delete(name);
}
