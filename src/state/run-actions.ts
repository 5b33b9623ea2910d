/** What a person can do with runs: go on with one, fork, rename, remove. */
import type { RunConfig } from '../config/schema.ts';
import type { RunRecord } from '../protocol/runs.ts';
import { send } from './conversation.ts';
import { runsStore } from './runs.ts';
import { sessionStore } from './session.ts';
import { setConfig } from './settings.ts';
import { isOn, type LaboratorySwitch, switched } from './switches.ts';
import { flushSettings } from './sync.ts';

/** Puts the present run away and goes on with another from its newest state. */
export function openRun(id: number): void {
  flushSettings();
  send({ type: 'open-run', id });
}

/** @param step whose state the fork begins with; null for the newest, and of the present run for now. */
export function forkRun(id: number, step: number | null, config: RunConfig, train: boolean): void {
  flushSettings();
  send({ type: 'fork-run', id, step, config, train });
}

export function renameRun(id: number, name: string): void {
  send({ type: 'rename-run', id, name });
}

export function removeRun(id: number): void {
  send({ type: 'remove-run', id });
}

/**
 * Turns a switch of the collapse laboratory: a fork of the present run from now, which trains on if that one did. Before
 * the first step there is nothing to fork, and the setting itself changes.
 */
export function turnSwitch(which: LaboratorySwitch, on: boolean): void {
  const { runConfig, status } = sessionStore.getState();
  const { present, runs } = runsStore.getState();
  if (!runConfig || present === null) return;
  const before = ancestorsOf(present, runs).find(({ config: each }) => isOn(each, which))?.config;
  const config = switched(runConfig, which, on, before);
  if (!status || status.step === 0) setConfig(config);
  else forkRun(present, null, config, status.phase === 'running' || status.phase === 'preparing');
}

/** The runs that a fork comes from, its parent first. */
function ancestorsOf(id: number, runs: readonly RunRecord[]): RunRecord[] {
  const origin = runs.find((run) => run.id === id)?.parent;
  const parent = origin && runs.find((run) => run.id === origin.id);
  return parent ? [parent, ...ancestorsOf(parent.id, runs)] : [];
}
