/** The step that was taken apart last: what came of it, which phase and which image of its batch are looked at. */
import { createStore } from 'zustand/vanilla';
import type { Anatomy } from '../protocol/anatomy.ts';
import type { TrainerEvent } from '../protocol/messages.ts';

/** In the order of a step. */
export const PHASES = [
  'crops',
  'teacher',
  'sharpen',
  'student',
  'loss',
  'gradients',
  'optimizer',
  'ema',
  'center',
] as const;
export type StepPhase = (typeof PHASES)[number];

export interface AnatomyState {
  anatomy: Anatomy | null;
  phase: StepPhase;
  /** The question under way. */
  awaited: number | null;
  /** Why the last question was not answered. */
  refusal: string | null;
  /** Place in the batch of the image that is looked at: what came may lag behind for a moment. */
  image: number;
  /** Parameter tensor whose update is looked at, where the step has it. */
  tensor: string | null;
  /** The walk fills the window. */
  large: boolean;
}

export const anatomyStore = createStore<AnatomyState>(() => ({
  anatomy: null,
  phase: 'crops',
  awaited: null,
  refusal: null,
  image: 0,
  tensor: null,
  large: false,
}));

export function showPhase(phase: StepPhase): void {
  anatomyStore.setState({ phase });
}

/** The phase before or after; the first and the last stay. */
export function walk(by: 1 | -1): void {
  anatomyStore.setState(({ phase }) => ({ phase: PHASES[PHASES.indexOf(phase) + by] ?? phase }));
}

export function fillWindow(large: boolean): void {
  anatomyStore.setState({ large });
}

export function chooseTensor(tensor: string): void {
  anatomyStore.setState({ tensor });
}

/** Another run: the step of the one before is void. */
export function forgetAnatomy(): void {
  anatomyStore.setState({ anatomy: null, phase: 'crops', awaited: null, refusal: null, image: 0 });
}

type AnatomyEvent = Extract<TrainerEvent, { type: 'anatomy' | 'specimen' | 'dissect-refused' }>;

export function applyToAnatomy(event: AnatomyEvent): void {
  switch (event.type) {
    case 'anatomy':
      anatomyStore.setState(({ awaited }) =>
        event.id === awaited ? { anatomy: event.anatomy, awaited: null, refusal: null } : {},
      );
      return;
    case 'specimen':
      anatomyStore.setState(({ anatomy }) =>
        anatomy?.step === event.step ? { anatomy: { ...anatomy, specimen: event.specimen } } : {},
      );
      return;
    case 'dissect-refused':
      anatomyStore.setState(({ awaited }) =>
        event.id === awaited ? { awaited: null, refusal: event.sentence } : {},
      );
      return;
    default:
      event satisfies never;
  }
}
