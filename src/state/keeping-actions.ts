/** What a person can do with kept runs: go on with one, give its state away, leave a fault from the last good state. */
import { eraseAll, openAnew, otherTabs } from '../client/erase.ts';
import type { KeptRun, KeptState } from '../protocol/keeping.ts';
import { dataKeyOf } from './actions.ts';
import { endTrainer, send } from './conversation.ts';
import { datasetStore } from './dataset.ts';
import { keepingStore } from './keeping.ts';
import { imagesAtHand } from './keeping-text.ts';
import { setConfig, settingsStore } from './settings.ts';
import { flushSettings } from './sync.ts';

/** Goes on with a kept run from a state of it, or asks for its images first. */
export function goOnWith(run: KeptRun, state: KeptState): void {
  if (imagesAtHand(run, datasetStore.getState().summary)) resume(run, state);
  else {
    // The images are read under the settings of the run, or they would not be the same ones.
    setConfig(run.config);
    flushSettings();
    keepingStore.setState({ awaited: { run, state }, refusal: null });
  }
}

export function exportKept({ key }: KeptRun, state: KeptState): void {
  send({ type: 'export-kept', key, state });
}

/** Leaves a fault: the run goes on from its last good state, under the settings as they stand. */
export function goOnAfterFault(): void {
  flushSettings();
  send({ type: 'go-on', config: settingsStore.getState().config });
}

/**
 * Ends the run, erases all that the page has left in this browser, and opens the page anew. Returns a sentence where
 * that cannot be: then nothing was touched, or not everything could be.
 */
export async function eraseEverything(): Promise<string | null> {
  const others = await otherTabs(keepingStore.getState().keeping.state !== 'impossible');
  if (others > 0)
    return 'Another tab of this page is open and keeps its run in the same place: close it first. Nothing was erased.';
  endTrainer();
  try {
    await eraseAll();
  } catch (error) {
    return `Not everything could be erased (${error instanceof Error ? error.message : String(error)}). Load the page again and try once more, or clear the site’s data in the browser’s settings.`;
  }
  openAnew();
  return null;
}

function resume({ key, images, config }: KeptRun, state: KeptState): void {
  const { summary } = datasetStore.getState();
  if (images.fingerprint !== summary?.fingerprint)
    datasetStore.setState({ coming: { given: null, key: dataKeyOf(config) } });
  keepingStore.setState({ resuming: true, refusal: null });
  send({ type: 'resume-kept', key, state });
}
