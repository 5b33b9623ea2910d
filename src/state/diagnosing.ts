/** Asks for a diagnosis while somebody looks at it: at first, and with the run's snapshots as far as it stays cheap. */
import { send } from './conversation.ts';
import { diagnosisStore } from './diagnosis.ts';
import { sessionStore } from './session.ts';
import { stopsRun } from './status-text.ts';
import { viewStore } from './view.ts';

/** Looks that follow a run of their own accord may take this share of the time. */
const FOLLOW_SHARE = 0.1;

/** Looks for signs of collapse in the run as it is. */
export function diagnose(): void {
  if (diagnosisStore.getState().awaited) return;
  diagnosisStore.setState({ awaited: true });
  send({ type: 'diagnose' });
}

function due(now: number): boolean {
  const { diagnosis, awaited, at } = diagnosisStore.getState();
  const { status, fault } = sessionStore.getState();
  const phase = status?.phase ?? 'empty';
  if (awaited || phase === 'empty' || phase === 'preparing' || (fault && stopsRun(fault))) return false;
  const newest = viewStore.getState().attention?.step;
  // Before the first snapshot nobody knows whether the network is small enough to be looked at unasked.
  if (newest === undefined) return false;
  if (diagnosis === null) return true;
  return newest > diagnosis.step && now - at >= diagnosis.milliseconds / FOLLOW_SHARE;
}

function ask(): void {
  if (due(performance.now())) diagnose();
}

/** Keeps the diagnosis up with the run's snapshots. Returns what ends it. */
export function startDiagnosing(): () => void {
  const stops = [viewStore.subscribe(ask), sessionStore.subscribe(ask)];
  ask();
  return () => {
    for (const stop of stops) stop();
  };
}
