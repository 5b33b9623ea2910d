/** What a person can take away of a run, and bring in. */
import type { NetworkName, WeightNames } from '../protocol/moving.ts';
import { send } from './conversation.ts';
import { movingStore } from './moving.ts';

/** All of the present run; the file comes with the trainer's answer. */
export function saveRun(): void {
  movingStore.setState({ writing: true, refusal: null });
  send({ type: 'export-run' });
}

export function saveWeights(network: NetworkName, names: WeightNames): void {
  movingStore.setState({ writing: true, refusal: null });
  send({ type: 'export-weights', network, names });
}
