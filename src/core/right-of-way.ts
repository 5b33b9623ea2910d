/** A shared word by which the page has one thread of the kernels leave it a processor while it draws. */

/** Nobody waits longer, whatever the word says: a page that stands still must not hold up a run. Milliseconds. */
export const LONGEST = 100;

/** Milliseconds that all threads agree on; it begins anew after 12 days, which costs one claim. */
const clock = () => Date.now() % 2 ** 30;

/** Asks for a processor from now until `release`, or for LONGEST. */
export function claim(word: Int32Array): void {
  Atomics.store(word, 0, clock() + LONGEST);
}

export function release(word: Int32Array): void {
  Atomics.store(word, 0, 0);
  Atomics.notify(word, 0);
}

/** Returns once nobody asks for the processor. Blocks, so it is for workers alone. */
export function giveWay(word: Int32Array): void {
  for (;;) {
    const until = Atomics.load(word, 0);
    const left = until - clock();
    if (!(left > 0 && left <= LONGEST)) return;
    Atomics.wait(word, 0, until, left);
  }
}
