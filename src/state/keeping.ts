/** What the browser keeps of runs: whether it can, what of earlier visits is there, and what became of the last wish. */
import { createStore } from 'zustand/vanilla';
import type { KeptRun, KeptState, Keeping as Told } from '../protocol/keeping.ts';
import type { TrainerEvent } from '../protocol/messages.ts';

export interface Awaited {
  run: KeptRun;
  state: KeptState;
}

export interface KeepingState {
  keeping: Told;
  /** Runs of earlier visits, the newest first. */
  runs: readonly KeptRun[];
  /** What is there and cannot be gone on with, each in a sentence. */
  unusable: readonly string[];
  /** The person has chosen to start anew. */
  declined: boolean;
  /** The run whose images are awaited, and the state that it goes on from; null while none is. */
  awaited: Awaited | null;
  /** A run is on its way here. */
  resuming: boolean;
  /** Why the last wish was not fulfilled; null once dismissed. */
  refusal: string | null;
  /** The GPU was lost, and the run went on from this step; null once dismissed. */
  recovered: { step: number; lost: number } | null;
  /** The kind of trouble that the person has been told of. */
  toldOf: Told['state'] | null;
}

export const keepingStore = createStore<KeepingState>(() => ({
  keeping: { state: 'opening', detail: '', saved: null },
  runs: [],
  unusable: [],
  declined: false,
  awaited: null,
  resuming: false,
  refusal: null,
  recovered: null,
  toldOf: null,
}));

type KeepingEvent = Extract<
  TrainerEvent,
  { type: 'keeping' | 'kept-runs' | 'keeping-refused' | 'recovered' }
>;

export function applyToKeeping(event: KeepingEvent): void {
  switch (event.type) {
    case 'keeping':
      keepingStore.setState({ keeping: event.keeping });
      return;
    case 'kept-runs':
      keepingStore.setState({ runs: event.runs, unusable: event.unusable });
      return;
    case 'keeping-refused':
      keepingStore.setState({ refusal: event.sentence, resuming: false });
      return;
    case 'recovered':
      keepingStore.setState({ recovered: { step: event.step, lost: event.lost } });
      return;
    default:
      event satisfies never;
  }
}

/** Another run is the present one. One that begins anew fulfils no wish: images were read for it, or it was reset. */
export function followRun({ step }: { step: number }): void {
  keepingStore.setState({
    recovered: null,
    ...(step > 0 ? { awaited: null, resuming: false, refusal: null } : {}),
  });
}

/** Images have come. Returns what was waiting for them. */
export function followImages({ fingerprint }: { fingerprint: string }): Awaited | null {
  const { awaited } = keepingStore.getState();
  if (!awaited) return null;
  const { name, images } = awaited.run;
  if (images.fingerprint === fingerprint) return awaited;
  keepingStore.setState({
    refusal: `These are not the images that ${name} was trained on: ${images.name}, ${images.count} of them. Drop the same folder or file, whole and unchanged; not a part of it, nor a folder around it.`,
  });
  return null;
}

export function declineOffer(): void {
  keepingStore.setState({ declined: true, awaited: null, refusal: null });
}

export function stopAwaiting(): void {
  keepingStore.setState({ awaited: null, refusal: null });
}

export function dismissKeepingRefusal(): void {
  keepingStore.setState({ refusal: null });
}

export function dismissRecovered(): void {
  keepingStore.setState({ recovered: null });
}

/** Of this trouble no more is said until it is another. */
export function dismissTrouble(): void {
  keepingStore.setState(({ keeping }) => ({ toldOf: keeping.state }));
}
