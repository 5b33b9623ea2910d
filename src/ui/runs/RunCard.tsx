/** One run of the list. */
import { ActionIcon, Badge, Button, TextInput, Tooltip } from '@mantine/core';
import {
  IconEye,
  IconEyeOff,
  IconGitFork,
  IconPencil,
  IconPlayerTrackNext,
  IconTrash,
} from '@tabler/icons-react';
import { type KeyboardEvent, useState } from 'react';
import type { RunRecord } from '../../protocol/runs.ts';
import { openRun, removeRun, renameRun } from '../../state/run-actions.ts';
import { goesOnFrom, ownDifferences, standing } from '../../state/run-text.ts';
import { toggleCurve, tracesOf } from '../../state/runs.ts';
import { seriesStore } from '../../state/series.ts';
import { bytesWords } from '../../state/words.ts';
import { formatCount, formatPercent } from '../charts/format.ts';
import { CHART_INTERVAL, useThrottled } from '../charts/throttle.ts';
import { useRuns, useSession } from '../use-stores.ts';
import { colorOf, dashOf } from './colors.ts';
import classes from './runs.module.css';

interface Props {
  run: RunRecord;
  present: boolean;
  onFork: (run: RunRecord) => void;
}

export function RunCard({ run, present, onFork }: Props) {
  const hidden = useRuns((state) => state.hidden.has(run.id));
  const begun = useSession(({ status }) => (status?.step ?? 0) > 0);
  const from = goesOnFrom(run);
  const reopens = present ? run.phase === 'fault' : true;
  return (
    <li className={classes.run} data-present={present} aria-label={run.name}>
      <div className={classes.head}>
        <Line id={run.id} hidden={hidden} />
        <Name run={run} />
        {present && (
          <Badge size="sm" variant="light">
            in progress
          </Badge>
        )}
        <div className={classes.tools}>
          <Tooltip label={hidden ? 'Show its curves' : 'Hide its curves'}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={`Curves of ${run.name}`}
              aria-pressed={!hidden}
              onClick={() => toggleCurve(run.id)}
            >
              {hidden ? <IconEyeOff size={16} /> : <IconEye size={16} />}
            </ActionIcon>
          </Tooltip>
          {!present && (
            <Tooltip label="Remove this run and its kept states">
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={`Remove ${run.name}`}
                onClick={() => removeRun(run.id)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            </Tooltip>
          )}
        </div>
      </div>
      <Facts run={run} present={present} />
      <Origin run={run} />
      <div className={classes.actions}>
        {reopens && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlayerTrackNext size={14} aria-hidden="true" />}
            disabled={from === null || !run.here}
            aria-label={`Go on with ${run.name}`}
            onClick={() => openRun(run.id)}
          >
            {from !== null && from < run.step ? `Go on from step ${formatCount(from)}` : 'Go on with it'}
          </Button>
        )}
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconGitFork size={14} aria-hidden="true" />}
          disabled={!run.here || (present ? !begun : from === null)}
          aria-label={`Fork ${run.name}`}
          onClick={() => onFork(run)}
        >
          Fork with one change…
        </Button>
        <Kept run={run} present={present} />
      </div>
    </li>
  );
}

/** The line as the charts draw it. */
function Line({ id, hidden }: { id: number; hidden: boolean }) {
  return (
    <svg className={classes.line} viewBox="0 0 24 4" aria-hidden="true" opacity={hidden ? 0.3 : 1}>
      <line x1="0" y1="2" x2="24" y2="2" stroke={colorOf(id)} strokeWidth="3" strokeDasharray={dashOf(id)} />
    </svg>
  );
}

function Name({ run: { id, name } }: { run: RunRecord }) {
  const [draft, setDraft] = useState<string | null>(null);
  const take = () => {
    const next = draft?.trim() ?? '';
    setDraft(null);
    if (next !== '' && next !== name) renameRun(id, next);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') take();
    if (event.key === 'Escape') setDraft(null);
  };
  if (draft !== null)
    return (
      <TextInput
        size="xs"
        aria-label={`Name of ${name}`}
        maxLength={40}
        autoFocus
        value={draft}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={onKey}
      />
    );
  return (
    <>
      <h3 className={classes.name}>{name}</h3>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="xs"
        aria-label={`Rename ${name}`}
        onClick={() => setDraft(name)}
      >
        <IconPencil size={13} />
      </ActionIcon>
    </>
  );
}

/** How it stands; of the run in progress as the series grow. */
function Facts({ run, present }: { run: RunRecord; present: boolean }) {
  const status = useSession((state) => (present ? state.status : null));
  // The series stand for what the traces hold.
  useThrottled(seriesStore, (state) => (present ? state.version : 0), present ? CHART_INTERVAL : null);
  const traces = tracesOf(run.id);
  const loss = traces?.steps.column('loss').at(-1);
  const score = traces?.knn.at(-1);
  const now = status ? { ...run, step: status.step, totalSteps: status.totalSteps } : run;
  return (
    <p className={classes.facts}>
      {standing(now)}
      {loss !== undefined && (
        <>
          {' · loss '}
          <b>{loss.toFixed(3)}</b>
        </>
      )}
      {score && (
        <>
          {' · k-NN '}
          <b>{formatPercent(score.teacher)}</b>
        </>
      )}
      {` · begun ${new Date(run.begun).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`}
    </p>
  );
}

function Origin({ run }: { run: RunRecord }) {
  const runs = useRuns((state) => state.runs);
  const own = ownDifferences(run, runs);
  const { parent } = run;
  const gone = parent && !runs.some(({ id }) => id === parent.id);
  return (
    <>
      {parent && (
        <p className={classes.facts}>
          fork of <b>{own?.base.name ?? (gone ? 'a run that was removed' : '')}</b> at step{' '}
          {formatCount(parent.step)}
          {parent.at !== parent.step && `, which is step ${formatCount(parent.at)} with its batch`}
        </p>
      )}
      {own && (
        <p className={classes.changes}>
          {own.settings.length === 0
            ? `same settings as ${own.base.name}`
            : own.settings.map(({ label, from, to, group, key }) => (
                <span key={`${group}.${key}`} className={classes.change}>
                  {label}: {from} → <b>{to}</b>
                </span>
              ))}
        </p>
      )}
    </>
  );
}

function Kept({ run: { states }, present }: { run: RunRecord; present: boolean }) {
  const bytes = states.reduce((sum, state) => sum + state.bytes, 0);
  const text =
    states.length > 0
      ? `${states.length === 1 ? 'state' : 'states'} at ${states.map(({ step }) => formatCount(step)).join(', ')} kept, ${bytesWords(bytes)}`
      : present
        ? ''
        : 'only its curves are kept';
  return <span className={classes.kept}>{text}</span>;
}
