/** Claims a processor for the page while it draws, where the kernels have threads on all of them. */
import { claim, release } from '../core/right-of-way.ts';

/** What the trainer's threads look at; null where memory cannot be shared, and they are none. */
export const sharedWord = globalThis.crossOriginIsolated ? new SharedArrayBuffer(4) : null;

const word = sharedWord && new Int32Array(sharedWord);
let claims = 0;
let awaitingFrame = false;

/** From here until what is changed now is on the screen. */
export function claimProcessor(): void {
  if (!word) return;
  claims++;
  claim(word);
  awaitFrame(word);
}

function awaitFrame(shared: Int32Array): void {
  if (awaitingFrame) return;
  awaitingFrame = true;
  requestAnimationFrame(() => {
    const seen = claims;
    // Runs after the frame's style, layout and paint.
    setTimeout(() => {
      awaitingFrame = false;
      if (claims === seen) release(shared);
      else awaitFrame(shared);
    });
  });
}

/** Whatever a person does is answered by a drawing. */
export function claimOnInput(): void {
  if (!word) return;
  for (const type of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'input'])
    addEventListener(type, claimProcessor, { capture: true, passive: true });
}
