/** The browser's own storage as the page sees it. */

let asked = false;

/** Asks the browser, once, not to clear what is kept here when the disk is short. It may say no, or nothing. */
export function askToKeep(): void {
  if (asked || typeof navigator === 'undefined' || !navigator.storage?.persist) return;
  asked = true;
  navigator.storage.persist().catch(() => false);
}
