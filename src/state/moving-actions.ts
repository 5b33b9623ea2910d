/** What a person can take away of a run, and bring in. */
import type { RunConfig } from '../config/schema.ts';
import type { NetworkName, WeightNames } from '../protocol/moving.ts';
import { send } from './conversation.ts';
import { movingStore } from './moving.ts';
import { openableAs } from './moving-drop.ts';
import { openSettings } from './moving-settings.ts';
import { setConfig } from './settings.ts';
import { flushSettings } from './sync.ts';
import { showTab } from './view.ts';

/** All of the present run; the file comes with the trainer's answer. */
export function saveRun(): void {
  movingStore.setState({ writing: true, refusal: null });
  send({ type: 'export-run' });
}

export function saveWeights(network: NetworkName, names: WeightNames): void {
  movingStore.setState({ writing: true, refusal: null });
  send({ type: 'export-weights', network, names });
}

let asked = 0;

/** Has the trainer look into a file, and shows what it finds. Nothing is used before the person says so. */
export function openFile(file: File, network: NetworkName = 'teacher'): void {
  asked++;
  const opening = { id: asked, file, network, opened: null, refusal: null };
  movingStore.setState({ dialog: 'open', opening, refusal: null });
  send({ type: 'open-weights', id: asked, file, network });
}

/** Opens a file of weights, a run or settings that was dropped on the page. */
export function openDropped(file: File): void {
  if (openableAs(file.name) === 'settings') void openSettings(file);
  else openFile(file);
}

/** Closes the dialog; what was found in the file is forgotten. */
export function closeFile(): void {
  movingStore.setState({ dialog: null, opening: null });
  send({ type: 'close-weights' });
}

/** Begins a run from the opened weights under these settings, and shows where it looks. */
export function startFromWeights(config: RunConfig): void {
  movingStore.setState({ dialog: null, opening: null });
  // First: settings of another network than that of weights in use would be refused.
  send({ type: 'start-from-weights', config });
  setConfig(config);
  flushSettings();
  showTab('attention');
}

/** Goes on with the opened run. */
export function goOnWithFile(): void {
  movingStore.setState({ dialog: null, opening: null });
  send({ type: 'go-on-with-file' });
}

/** New runs start from random weights again. */
export function letWeightsGo(): void {
  send({ type: 'let-weights-go' });
}
