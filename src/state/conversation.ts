/** The page's side of the talk with the trainer: sends commands, applies events, asks for what follows from them. */
import { download } from '../client/download.ts';
import type { TrainerClient } from '../client/trainer-client.ts';
import type { Command, TrainerEvent } from '../protocol/messages.ts';
import type { DatasetSummary } from '../protocol/values.ts';
import { apply } from './apply.ts';
import { datasetStore } from './dataset.ts';
import { followImages } from './keeping.ts';
import { movingStore } from './moving.ts';
import { setSetting, settingsStore } from './settings.ts';
import { viewStore } from './view.ts';

let client: TrainerClient | null = null;

export class NotConnectedError extends Error {
  constructor(readonly command: Command['type']) {
    super(`'${command}' was sent before the trainer was connected; call connect() first`);
    this.name = 'NotConnectedError';
  }
}

/** Takes this trainer for all commands to come. Returns what ends it. */
export function connect(trainer: TrainerClient): () => void {
  client = trainer;
  const stop = trainer.subscribe((event) => {
    apply(event);
    follow(event);
  });
  return () => {
    stop();
    client = null;
    awaitedCrops = null;
    cropsAreStale = false;
  };
}

/** Ends the trainer for good; what is sent from now on is heard by nobody. */
export function endTrainer(): void {
  client?.close();
  client = { send: () => undefined, subscribe: () => () => undefined, close: () => undefined };
}

/** @throws NotConnectedError before `connect`. */
export function send(command: Command): void {
  if (client === null) throw new NotConnectedError(command.type);
  client.send(command);
}

/** "id/epoch" of the crops under way; one request at a time, so that a dragged slider does not queue hundreds. */
let awaitedCrops: string | null = null;
let cropsAreStale = false;

/** Asks for the crops of the chosen image and epoch, once those under way have come. */
export function requestCrops(): void {
  if (datasetStore.getState().summary === null) return;
  if (awaitedCrops !== null) {
    cropsAreStale = true;
    return;
  }
  const { selectedImage: id, selectedEpoch: epoch } = viewStore.getState();
  awaitedCrops = `${id}/${epoch}`;
  cropsAreStale = false;
  send({ type: 'get-crops', id, epoch });
}

/** Images that did not come leave those before in use: the setting says again where these are from. */
function keepSource(): void {
  const { summary } = datasetStore.getState();
  if (summary) setSetting('data', 'source', summary.source);
}

/** Images have come that a kept run may have waited for. */
function resumeOn(summary: DatasetSummary): void {
  const found = followImages(summary);
  if (found) send({ type: 'resume-kept', key: found.run.key, state: found.state });
}

function follow(event: TrainerEvent): void {
  switch (event.type) {
    case 'dataset':
      awaitedCrops = null;
      requestCrops();
      resumeOn(event.summary);
      return;
    case 'run-started':
      requestCrops();
      // A large network is not looked at before it trains, unless it comes with weights that are worth a look.
      if (movingStore.getState().start) send({ type: 'pin', ids: viewStore.getState().pinned });
      return;
    case 'crops':
      awaitedCrops = null;
      if (cropsAreStale) requestCrops();
      return;
    case 'intake-cancelled':
      keepSource();
      return;
    case 'fault':
      awaitedCrops = null;
      if (event.fault.kind === 'data') keepSource();
      return;
    case 'checkpoint': {
      const name = settingsStore.getState().preset ?? 'custom';
      download(`dino-${name}-step${event.step}.safetensors`, event.bytes, 'application/octet-stream');
      return;
    }
    case 'exported':
      download(event.name, event.file, event.file.type);
      return;
    case 'projector':
      download(`projector-step${event.step}.zip`, event.bytes, 'application/zip');
      return;
    case 'study-result': {
      const { finding, step, study } = event.result;
      if (finding.kind === 'features')
        download(
          `features-${study.network}-step${step}.safetensors`,
          finding.bytes,
          'application/octet-stream',
        );
      return;
    }
    default:
  }
}
