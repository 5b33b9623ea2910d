/** Carries changed settings to the trainer, and to the page's address by way of a listener. */
import type { RunConfig } from '../config/schema.ts';
import { send } from './conversation.ts';
import { settingsStore } from './settings.ts';

const DELAY = 200; // ms; a dragged slider sends once it rests

let timer: ReturnType<typeof setTimeout> | null = null;
let sent: RunConfig | null = null;
let onSettled: (config: RunConfig) => void = () => {};

/** From now on every change of the settings is sent, and told to `settled`. Returns what ends it. */
export function syncSettings(settled: (config: RunConfig) => void): () => void {
  sent = settingsStore.getState().config;
  onSettled = settled;
  const stop = settingsStore.subscribe(({ config }) => {
    if (config === sent && timer === null) return;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(flushSettings, DELAY);
  });
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
    timer = null;
    onSettled = () => {};
  };
}

/** Sends what waits for its delay at once; a command that depends on the settings comes after this. */
export function flushSettings(): void {
  if (timer !== null) clearTimeout(timer);
  timer = null;
  const { config } = settingsStore.getState();
  if (config === sent) return;
  sent = config;
  onSettled(config);
  send({ type: 'configure', config });
}
