/** The first moments of the page: read its address, open the trainer, show the samples before anything is pressed. */
import { claimOnInput, sharedWord } from '../client/right-of-way.ts';
import { openTrainer, type TrainerClient } from '../client/trainer-client.ts';
import { decodeHash, encodeConfig } from '../config/url.ts';
import type { Command } from '../protocol/messages.ts';
import { loadSamples } from './actions.ts';
import { connect, send } from './conversation.ts';
import { reportHashProblem, setConfig, settingsStore } from './settings.ts';
import { syncSettings } from './sync.ts';

type Preference = Extract<Command, { type: 'open' }>['prefer'];

/** @param open how the trainer is opened, called once. */
export function start(open: () => TrainerClient = openTrainer): void {
  readAddress();
  connect(open());
  send({
    type: 'open',
    prefer: preferenceOf(window.location.search),
    config: settingsStore.getState().config,
    rightOfWay: sharedWord,
  });
  claimOnInput();
  syncSettings(writeAddress);
  window.addEventListener('hashchange', readAddress);

  const { source } = settingsStore.getState().config.data;
  if (source === 'own') reportHashProblem(OWN_IMAGES);
  loadSamples(source === 'own' ? 'samples' : source);
}

const OWN_IMAGES =
  'This address was made with images of somebody’s own, and images stay on their computer: drop them here to go on. Until then these are the built-in samples.';

/** `?backend=webgpu` or `wasm` asks for one; anything else lets the trainer choose. */
export function preferenceOf(search: string): Preference {
  const asked = new URLSearchParams(search).get('backend');
  return asked === 'webgpu' || asked === 'wasm' ? asked : 'auto';
}

/** A bad hash is told and changes nothing. */
function readAddress(): void {
  const { config, problem } = decodeHash(window.location.hash);
  reportHashProblem(problem);
  if (problem === null) setConfig(config);
}

function writeAddress(): void {
  const hash = encodeConfig(settingsStore.getState().config);
  const { pathname, search } = window.location;
  window.history.replaceState(window.history.state, '', `${pathname}${search}${hash ? `#${hash}` : ''}`);
}
