/** A Web Lock held while steps run: browsers do not freeze a page that holds one, and a frozen page stops its worker. */

/** Takes the lock where the browser has locks; returns what gives it back. */
export function holdRunLock(): () => void {
  if (typeof navigator === 'undefined' || !navigator.locks) return () => undefined;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  // Shared, so that runs in two tabs do not wait for each other.
  void navigator.locks.request('dino-run', { mode: 'shared' }, () => held);
  return release;
}
