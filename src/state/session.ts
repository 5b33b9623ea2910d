/** The session as the trainer reports it: backend, phase, what it is busy with, what went wrong. */
import { createStore } from 'zustand/vanilla';
import type { RunConfig } from '../config/schema.ts';
import type { BackendInfo, Fault, MachineSpeed, ModelSummary, SessionStatus } from '../protocol/values.ts';

export interface SessionState {
  /** null until the trainer has opened one. */
  backend: BackendInfo | null;
  /** null until it was measured. */
  speed: MachineSpeed | null;
  status: SessionStatus | null;
  /** What the trainer does outside of steps, in words; null when nothing. */
  activity: string | null;
  fault: Fault | null;
  /** Settings of the run in progress; null before the first. */
  runConfig: RunConfig | null;
  /** The network of that run; null before the first. */
  model: ModelSummary | null;
}

export const sessionStore = createStore<SessionState>(() => ({
  backend: null,
  speed: null,
  status: null,
  activity: null,
  fault: null,
  runConfig: null,
  model: null,
}));

/** Whether the page shows no more than it does when it is opened: no step done, no images of somebody's own. */
export function nothingBegun(): boolean {
  const { status, runConfig } = sessionStore.getState();
  return (status?.step ?? 0) === 0 && runConfig?.data.source !== 'own';
}
