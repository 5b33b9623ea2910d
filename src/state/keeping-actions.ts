/** What a person can do with kept runs: go on with one, give its state away, leave a fault from the last good state. */
import type { KeptRun } from '../protocol/keeping.ts';
import { dataKeyOf } from './actions.ts';
import { send } from './conversation.ts';
import { datasetStore } from './dataset.ts';
import { keepingStore } from './keeping.ts';
import { imagesAtHand } from './keeping-text.ts';
import { setConfig, settingsStore } from './settings.ts';
import { flushSettings } from './sync.ts';

/** Goes on with a kept run, or asks for its images first. */
export function goOnWith(run: KeptRun): void {
  if (imagesAtHand(run, datasetStore.getState().summary)) resume(run);
  else {
    // The images are read under the settings of the run, or they would not be the same ones.
    setConfig(run.config);
    flushSettings();
    keepingStore.setState({ awaited: run, refusal: null });
  }
}

export function exportKept({ key }: KeptRun): void {
  send({ type: 'export-kept', key });
}

/** Leaves a fault: the run goes on from its last good state, under the settings as they stand. */
export function goOnAfterFault(): void {
  flushSettings();
  send({ type: 'go-on', config: settingsStore.getState().config });
}

function resume({ key, images, config }: KeptRun): void {
  const { summary } = datasetStore.getState();
  if (images.fingerprint !== summary?.fingerprint)
    datasetStore.setState({ coming: { given: null, key: dataKeyOf(config) } });
  keepingStore.setState({ resuming: true, refusal: null });
  send({ type: 'resume-kept', key });
}
