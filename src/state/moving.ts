/** What comes in and goes out beside images: which dialog is open, and why the last wish was not fulfilled. */
import { createStore } from 'zustand/vanilla';
import type { TrainerEvent } from '../protocol/messages.ts';

export type MovingDialog = 'save-weights' | 'cluster';

export interface MovingState {
  dialog: MovingDialog | null;
  /** A file that was asked for has not come yet. */
  writing: boolean;
  /** Why the last wish was not fulfilled; null once dismissed. */
  refusal: string | null;
}

export const movingStore = createStore<MovingState>(() => ({ dialog: null, writing: false, refusal: null }));

export function showDialog(dialog: MovingDialog | null): void {
  movingStore.setState({ dialog });
}

export function dismissMovingRefusal(): void {
  movingStore.setState({ refusal: null });
}

type MovingEvent = Extract<TrainerEvent, { type: 'exported' | 'moving-refused' }>;

export function applyToMoving(event: MovingEvent): void {
  switch (event.type) {
    case 'exported':
      // A file for the person, not state: `conversation.ts` hands it over.
      movingStore.setState({ writing: false });
      return;
    case 'moving-refused':
      movingStore.setState({ writing: false, refusal: event.sentence });
      return;
    default:
      event satisfies never;
  }
}
