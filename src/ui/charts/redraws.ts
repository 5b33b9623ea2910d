/** Redraws charts one after the other, each in a task of its own, so that the page answers in between. */
import { flushSync } from 'react-dom';

/** After a redraw the page has this many times as long for everything else: charts take a fifth of it at most. */
const REST = 4;

const waiting = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | null = null;
let restedAt = 0;

/** Has the redraw done when its turn comes; once, however often it is asked for until then. */
export function requestRedraw(redraw: () => void): void {
  waiting.add(redraw);
  schedule();
}

export function cancelRedraw(redraw: () => void): void {
  waiting.delete(redraw);
}

function schedule(): void {
  if (timer === null && waiting.size > 0) timer = setTimeout(next, Math.max(0, restedAt - performance.now()));
}

function next(): void {
  timer = null;
  const [redraw] = waiting;
  if (redraw) {
    waiting.delete(redraw);
    const begun = performance.now();
    // At once, as this task is there for it; React would put those of several tasks together.
    flushSync(redraw);
    const now = performance.now();
    restedAt = now + REST * (now - begun);
  }
  schedule();
}
