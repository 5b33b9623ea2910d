/** Owns the trainer's worker: typed commands in, parsed events out. */
import type { Command, TrainerEvent } from '../protocol/messages.ts';
import { eventSchema } from '../protocol/messages.ts';
import { buffersOf } from '../protocol/transfer.ts';
import { claimProcessor } from './right-of-way.ts';

export interface TrainerClient {
  send(command: Command): void;
  /** Calls back on every event; returns what ends it. */
  subscribe(listener: (event: TrainerEvent) => void): () => void;
  close(): void;
}

/** What the client needs of a worker. */
export type TrainerPort = Pick<Worker, 'postMessage' | 'addEventListener' | 'terminate'>;

/** Starts the trainer in a dedicated worker. */
export function openTrainer(): TrainerClient {
  return trainerOver(
    new Worker(new URL('../trainer/worker.ts', import.meta.url), { type: 'module', name: 'trainer' }),
  );
}

export function trainerOver(port: TrainerPort): TrainerClient {
  const listeners = new Set<(event: TrainerEvent) => void>();
  const emit = (event: TrainerEvent) => {
    for (const listener of listeners) listener(event);
  };
  const fail = (what: string) =>
    emit({
      type: 'fault',
      fault: {
        kind: 'internal',
        what,
        remedy: 'Reload the page: it offers to go on with the run as it was last saved.',
      },
    });

  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    claimProcessor();
    const parsed = eventSchema.safeParse(data);
    if (parsed.success) {
      emit(parsed.data);
      return;
    }
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') || 'type';
    fail(
      `The trainer sent a message that the page does not know (${where}: ${issue?.message ?? 'invalid'}).`,
    );
  });
  port.addEventListener('error', (event: ErrorEvent) => {
    event.preventDefault();
    fail(event.message ? `The trainer stopped: ${event.message}.` : 'The trainer could not be loaded.');
  });
  port.addEventListener('messageerror', () => fail('A message of the trainer could not be read.'));

  return {
    send: (command) => port.postMessage(command, buffersOf(command)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      listeners.clear();
      port.terminate();
    },
  };
}
