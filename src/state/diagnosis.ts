/** The newest signs of collapse that the trainer has looked for. */
import { createStore } from 'zustand/vanilla';
import type { Diagnosis } from '../protocol/diagnosis.ts';

export interface DiagnosisState {
  diagnosis: Diagnosis | null;
  /** A look is under way. */
  awaited: boolean;
  /** When the last answer came, milliseconds of performance.now(). */
  at: number;
}

export const diagnosisStore = createStore<DiagnosisState>(() => ({ diagnosis: null, awaited: false, at: 0 }));

export function applyDiagnosis(diagnosis: Diagnosis | null): void {
  diagnosisStore.setState(({ diagnosis: before }) => ({
    diagnosis: diagnosis ?? before,
    awaited: false,
    at: performance.now(),
  }));
}

/** Another run: what was found in the one before is void. */
export function forgetDiagnosis(): void {
  diagnosisStore.setState({ diagnosis: null });
}
