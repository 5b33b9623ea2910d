/** Has the browser keep the page, so that it opens without a network; and isolates it where its host could not. */

const RELOADED = 'reloaded-for-isolation';

/**
 * Resolves when the page is kept; does nothing where the browser keeps no pages, as with file:// and plain http://. A host
 * that cannot set headers leaves the page without shared memory on the first visit: it is opened once more, by way of its
 * service worker, if `mayReload` says that nothing would be lost.
 */
export async function keepOffline(mayReload: () => boolean): Promise<void> {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  await navigator.serviceWorker.register('./service-worker.js', {
    type: 'module',
    updateViaCache: 'none',
  });
  await navigator.serviceWorker.ready;
  if (window.crossOriginIsolated || sessionStorage.getItem(RELOADED) !== null || !mayReload()) return;
  sessionStorage.setItem(RELOADED, 'yes');
  window.location.reload();
}
