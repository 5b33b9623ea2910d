/** Errors as sentences for the person: what happened, and what to do. */
import { SettingsError } from '../config/plan.ts';
import { NoImagesError } from '../data/intake.ts';
import type { Fault } from '../protocol/values.ts';

export function notFinite(step: number): Fault {
  return {
    kind: 'not-finite',
    what: `The loss or its gradient was not a finite number at step ${step}. That step moved no weight.`,
    remedy:
      'Lower the learning rate or lengthen its warm-up, or raise the teacher temperature, then press Reset.',
  };
}

export function outOfMemory(message: string): Fault {
  return {
    kind: 'out-of-memory',
    what: `The GPU is out of memory (${message}), so the last results cannot be trusted.`,
    remedy: 'Lower the batch size, the number of local views or the prototypes K, then press Reset.',
  };
}

export function gpuError(message: string): Fault {
  return {
    kind: 'gpu-error',
    what: `The GPU reported an error, and the run was stopped before it could go wrong: ${message}`,
    remedy: 'Press Reset to begin again. If it comes back, open the page with ?backend=wasm.',
  };
}

/** @param saved the step that the run is saved at in this browser; null where it is not. */
export function deviceLostAgain(message: string, saved: number | null): Fault {
  return {
    kind: 'device-lost',
    what: `The browser lost the GPU a second time${message ? ` (${message})` : ''}.`,
    remedy: restart(saved),
  };
}

/** The browser gives no GPU in place of the one that it lost. */
export function deviceGone(message: string, saved: number | null): Fault {
  return {
    kind: 'device-lost',
    what: `The browser lost the GPU${message ? ` (${message})` : ''} and gives no other.`,
    remedy: restart(saved),
  };
}

function restart(saved: number | null): string {
  return saved === null
    ? 'Restart the browser: until then it gives no GPU that holds. This run had not been saved yet.'
    : `The run is saved at step ${saved}: restart the browser and open this page again, and it offers to go on from there.`;
}

export function nothingToSave(): Fault {
  return {
    kind: 'settings',
    what: 'There is no run to save.',
    remedy: 'Bring in images, and choose settings that fit them.',
  };
}

/** Any error that a command ended in. */
export function faultOf(error: unknown): Fault {
  if (error instanceof SettingsError)
    return { kind: 'settings', what: error.message, remedy: `Change ${error.setting} in the settings.` };
  if (error instanceof NoImagesError)
    return { kind: 'data', what: error.message, remedy: 'Drop a folder, images or a zip with images in it.' };
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: 'internal',
    what: `Something went wrong that should not: ${message}`,
    remedy: 'Press Reset. If it comes back, reload the page; the settings are in its address.',
  };
}
