/** Sentences on what is saved, what is not, and what can be gone on with. */
import type { KeptRun, Keeping as Told } from '../protocol/keeping.ts';
import type { BackendInfo, DatasetSummary } from '../protocol/values.ts';
import { backendNames, countWords, durationWords, plural } from './words.ts';

/** "just now", "12 s ago", "3 min ago". */
export function agoWords(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  return seconds < 1.5 ? 'just now' : `${durationWords(seconds)} ago`;
}

/** A few words for the status line; empty while there is nothing to say. */
export function savedWords({ state, saved }: Told, now: number): string {
  const when = saved && agoWords(saved.at, now);
  switch (state) {
    case 'opening':
    case 'ready':
      return when ? `saved ${when}` : '';
    case 'elsewhere':
      return 'not saved: another tab is';
    case 'impossible':
      return 'not saved in this browser';
    case 'full':
      return when ? `no room; last saved ${when}` : 'not saved: no room';
    case 'failed':
      return when ? `saving failed; last saved ${when}` : 'saving failed';
    default:
      return state satisfies never;
  }
}

export interface Trouble {
  what: string;
  remedy: string;
}

/** Why the run is not saved, and what to do; null where it is. Training and export go on in any case. */
export function troubleOf({ state, detail, saved }: Told): Trouble | null {
  const said = detail ? ` (${detail})` : '';
  switch (state) {
    case 'opening':
    case 'ready':
      return null;
    case 'elsewhere':
      return {
        what: 'Another tab of this page is open and saves its run; the run of this tab is not saved.',
        remedy:
          'It trains on all the same. Close the other tab, and this one saves from then on, or take the run away yourself: File, Save run.',
      };
    case 'impossible':
      return {
        what: `This browser keeps nothing for the page, so the run is gone when the page is closed${said}.`,
        remedy:
          'It trains on all the same. Private windows and blocked site data are the usual reasons: open the page in a plain window, or take the run away yourself: File, Save run.',
      };
    case 'full':
      return {
        what: `The browser has no room for the state of this run${said}. ${keptStill(saved)}`,
        remedy:
          'It trains on, and saving is tried again every half minute. Free some of the disk, erase what is kept (File, Erase all my data), or take the run away yourself: File, Save run.',
      };
    case 'failed':
      return {
        what: `The run could not be saved${said}. ${keptStill(saved)}`,
        remedy:
          'It trains on, and saving is tried again every half minute. To be sure take the run away yourself: File, Save run.',
      };
    default:
      return state satisfies never;
  }
}

function keptStill(saved: Told['saved']): string {
  return saved ? `What was saved at step ${countWords(saved.step)} stays.` : 'Nothing of it is saved yet.';
}

/** "brave-otter at step 412 of 3,000, saved 3 min ago". */
export function keptWords({ name, step, totalSteps, savedAt }: KeptRun, now: number): string {
  const place =
    step >= totalSteps
      ? `finished at step ${countWords(step)}`
      : `at step ${countWords(step)} of ${countWords(totalSteps)}`;
  return `${name} ${place}, saved ${agoWords(savedAt, now)}`;
}

/** "step 240, k-NN 83.3 %": the best state, where it is not the newest one; null where it is, or none was scored. */
export function bestWords({ best, step }: KeptRun): string | null {
  if (!best || best.step === step) return null;
  return `step ${countWords(best.step)}, k-NN ${Number(best.score.toFixed(1))} %`;
}

/** Whether the images that the run was trained on are there, or can be made without the person. */
export function imagesAtHand({ images }: KeptRun, summary: DatasetSummary | null): boolean {
  return images.source !== 'own' || images.fingerprint === summary?.fingerprint;
}

/** What going on with a kept run takes or changes; empty where it is as if the page had never been left. */
export function keptNote(
  run: KeptRun,
  summary: DatasetSummary | null,
  backend: BackendInfo | null,
): string[] {
  const { images } = run;
  const notes: string[] = [];
  if (!imagesAtHand(run, summary))
    notes.push(
      `Its images, ${images.name} (${plural(images.count, 'image')}), were not kept: they stay where they are on your computer, and a page cannot read them again by itself. You will be asked to drop them once more.`,
    );
  if (backend && backend.backend !== run.backend.backend)
    notes.push(
      `It was trained with ${backendNames[run.backend.backend]}, and here ${backendNames[backend.backend]} computes: it goes on, but not to the last bit as it would have there.`,
    );
  return notes;
}

/** What came of a lost GPU. */
export function recoveredWords({ step, lost }: { step: number; lost: number }): string {
  const from =
    step === 0
      ? 'It had not been kept yet, so it began anew'
      : `The run went on from step ${countWords(step)}, its last good state, on a new one`;
  const again = lost > step && step > 0 ? `; ${plural(lost - step, 'step')} of it are made again` : '';
  return `The browser lost the GPU. ${from}${again}. Should it happen once more, restart the browser.`;
}
