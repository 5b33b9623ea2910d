/** Asks the trainer to take steps apart, and for other images of the batch. */
import { anatomyStore } from './anatomy.ts';
import { send } from './conversation.ts';
import { flushSettings } from './sync.ts';

let asked = 0;

/** Takes the run's next step apart, from its first phase on; the run makes the step and is paused. */
export function dissectNextStep(): void {
  if (anatomyStore.getState().awaited !== null) return;
  asked++;
  flushSettings();
  anatomyStore.setState({ awaited: asked, refusal: null });
  send({ type: 'dissect', id: asked, image: anatomyStore.getState().image });
}

/** @param image place in the batch. */
export function chooseSpecimen(image: number): void {
  anatomyStore.setState({ image });
  send({ type: 'get-specimen', image });
}
