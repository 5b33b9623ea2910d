/** Asks from which state of a run another is to go on, and with what changed. */
import { Button, Group, Modal, NativeSelect, Select } from '@mantine/core';
import { useId, useMemo, useState } from 'react';
import { FIELDS, type Field, GROUPS, valueIn } from '../../config/fields.ts';
import { fixedReason, fixedSettings, forkRefusal } from '../../config/forks.ts';
import { applyOverrides, type LeafValue, OverridesError } from '../../config/overrides.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { RunRecord } from '../../protocol/runs.ts';
import { forkRun } from '../../state/run-actions.ts';
import { batchNote } from '../../state/run-text.ts';
import { formatCount } from '../charts/format.ts';
import { ControlOf } from '../panels/FieldRow.tsx';
import panel from '../panels/panels.module.css';
import { useDataset, useRuns, useSession } from '../use-stores.ts';
import classes from './runs.module.css';

const NOW = 'now';
const FIRST = 'loss.centering';
const free = FIELDS.filter(({ group, key }) => fixedReason(group, key) === null);
const pathOf = ({ group, key }: Field) => `${group}.${key}`;
const choices = GROUPS.flatMap(({ id, title }) => {
  const items = free
    .filter(({ group }) => group === id)
    .map((field) => ({ value: pathOf(field), label: field.label }));
  return items.length > 0 ? [{ group: title, items }] : [];
});

export function ForkForm({ parent, onClose }: { parent: RunRecord; onClose: () => void }) {
  const present = useRuns((state) => state.present === parent.id);
  const training = useSession(({ status }) => status?.phase === 'running' || status?.phase === 'preparing');
  const [step, setStep] = useState(NOW);
  const [path, setPath] = useState(FIRST);
  const [config, setConfig] = useState(() => opposite(parent.config));
  const [refused, setRefused] = useState<string | null>(null);
  const id = useId();
  const trainImages = useDataset((state) => state.summary?.train ?? 0);
  const reached = useSession(({ status }) => (present ? status?.step : undefined));
  const newest = reached ?? parent.states.at(-1)?.step ?? 0;
  const note = batchNote(config, parent.config, step === NOW ? newest : Number(step), trainImages);
  const field = free.find((each) => pathOf(each) === path);
  const refusal = refused ?? forkRefusal(config, parent.config);
  const set = (value: LeafValue): boolean => {
    if (!field) return false;
    try {
      setConfig(applyOverrides(parent.config, { [field.group]: { [field.key]: value } }));
      setRefused(null);
      return true;
    } catch (error) {
      if (!(error instanceof OverridesError)) throw error;
      setRefused(error.message);
      return false;
    }
  };
  const choose = (next: string | null) => {
    if (next === null) return;
    setPath(next);
    setConfig(next === FIRST ? opposite(parent.config) : parent.config);
    setRefused(null);
  };
  const fork = (train: boolean) => {
    forkRun(parent.id, step === NOW ? null : Number(step), config, train);
    onClose();
  };
  const steps = useMemo(
    () => [
      {
        value: NOW,
        label: present ? 'now' : `step ${formatCount(parent.states.at(-1)?.step ?? 0)}, its newest`,
      },
      ...parent.states
        .slice(0, present ? undefined : -1)
        .toReversed()
        .map((state) => ({ value: String(state.step), label: `step ${formatCount(state.step)}` })),
    ],
    [parent, present],
  );
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Fork ${parent.name}`}
      size={560}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={classes.form}>
        <NativeSelect
          size="xs"
          label="From its state at"
          data={steps}
          value={step}
          onChange={(event) => setStep(event.currentTarget.value)}
        />
        <Select
          size="xs"
          label="Change one setting"
          searchable
          allowDeselect={false}
          data={choices}
          value={path}
          onChange={choose}
        />
        {field && (
          <div className={classes.newValue}>
            <label htmlFor={id}>{field.label}</label>
            <ControlOf
              id={id}
              field={field}
              value={valueIn(config, field)}
              set={set}
              refused={refused !== null}
            />
          </div>
        )}
      </div>
      {field && (
        <p id={`${id}-about`} className={panel.quiet}>
          {field.sentence} Paper: {field.paper}.
        </p>
      )}
      {note && <p className={panel.quiet}>{note}</p>}
      {refusal && (
        <p id={`${id}-refusal`} className={classes.refusal} role="alert">
          {refusal}
        </p>
      )}
      <details className={classes.fixed}>
        <summary>What a fork cannot change</summary>
        <ul>
          {fixedSettings().map(({ reason, labels }) => (
            <li key={reason}>
              <b>{reason}:</b> {labels.join(', ')}
            </li>
          ))}
        </ul>
      </details>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={() => fork(false)} disabled={refusal !== null}>
          Fork and wait
        </Button>
        <Button onClick={() => fork(true)} disabled={refusal !== null} data-autofocus>
          {training ? 'Fork and train on' : 'Fork and train'}
        </Button>
      </Group>
    </Modal>
  );
}

/** The first change that is offered: centering the other way round. */
function opposite(config: RunConfig): RunConfig {
  return applyOverrides(config, { loss: { centering: !config.loss.centering } });
}
