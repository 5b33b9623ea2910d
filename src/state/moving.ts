/** What comes in and goes out beside images: which dialog is open, what was found in a file, what new runs start from. */
import { createStore } from 'zustand/vanilla';
import type { SettingsReading } from '../config/settings-file.ts';
import type { TrainerEvent } from '../protocol/messages.ts';
import type { NetworkName, OpenedFile, Start } from '../protocol/moving.ts';

export type MovingDialog = 'save-weights' | 'open' | 'settings' | 'cluster' | 'erase';

/** A file that somebody wants to open. */
export interface Opening {
  /** Of the question that was sent. */
  id: number;
  file: File;
  network: NetworkName;
  /** What the trainer found; null while it reads. */
  opened: OpenedFile | null;
  /** Why it cannot be opened. */
  refusal: string | null;
}

/** A file of settings that somebody wants to take. */
export interface SettingsOpening {
  name: string;
  /** Laid over the settings as they stood; null while it is read, and where it cannot be. */
  reading: SettingsReading | null;
  refusal: string | null;
}

export interface MovingState {
  dialog: MovingDialog | null;
  opening: Opening | null;
  settings: SettingsOpening | null;
  /** What new runs start from; null is random weights. */
  start: Start | null;
  /** A file that was asked for has not come yet. */
  writing: boolean;
  /** Why the last wish was not fulfilled; null once dismissed. */
  refusal: string | null;
}

export const movingStore = createStore<MovingState>(() => ({
  dialog: null,
  opening: null,
  settings: null,
  start: null,
  writing: false,
  refusal: null,
}));

export function showDialog(dialog: MovingDialog | null): void {
  movingStore.setState({ dialog });
}

export function dismissMovingRefusal(): void {
  movingStore.setState({ refusal: null });
}

type MovingEvent = Extract<
  TrainerEvent,
  { type: 'exported' | 'moving-refused' | 'weights-opened' | 'weights-refused' | 'start-weights' }
>;

export function applyToMoving(event: MovingEvent): void {
  switch (event.type) {
    case 'exported':
      // A file for the person, not state: `conversation.ts` hands it over.
      movingStore.setState({ writing: false });
      return;
    case 'moving-refused':
      movingStore.setState({ writing: false, refusal: event.sentence });
      return;
    case 'weights-opened':
      movingStore.setState(({ opening }) =>
        opening?.id === event.id ? { opening: { ...opening, opened: event.opened } } : {},
      );
      return;
    case 'weights-refused':
      movingStore.setState(({ opening }) =>
        opening?.id === event.id ? { opening: { ...opening, refusal: event.sentence } } : {},
      );
      return;
    case 'start-weights':
      movingStore.setState({ start: event.start });
      return;
    default:
      event satisfies never;
  }
}
