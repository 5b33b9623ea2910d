/** What the run is doing: figures in the bar, the status line, the backend, the text for screen readers. */
import { HoverCard, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { BackendInfo, SessionStatus } from '../../protocol/values.ts';
import { type StatusSource, statusText, stopsRun } from '../../state/status-text.ts';
import { backendNames, bytesWords, countWords, durationWords, rateWords } from '../../state/words.ts';
import { SavedAgo } from '../keeping/SavedAgo.tsx';
import { useDataset, useSeries, useSession, useStudies } from '../use-stores.ts';

const NONE = '–';

export function Figures() {
  const step = useSession((s) => s.status?.step ?? null);
  const total = useSession((s) => s.status?.totalSteps ?? 0);
  const perEpoch = useSession((s) => s.status?.stepsPerEpoch ?? 0);
  const rate = useSession((s) => rateWords(s.status?.imagesPerSecond ?? 0));
  const left = useSession((s) => timeLeft(s.status));
  const epoch = step !== null && perEpoch > 0 ? (step / perEpoch).toFixed(1) : NONE;
  return (
    <dl className="figures">
      <Figure name="Epoch" value={epoch} />
      <Figure
        name="Step"
        value={step === null ? NONE : countWords(step)}
        of={total > 0 ? countWords(total) : ''}
      />
      <Figure name="Images/s" value={rate} />
      <Figure name="Time left" value={left} />
    </dl>
  );
}

function Figure({ name, value, of = '' }: { name: string; value: string; of?: string }) {
  return (
    <div className="figure" style={of ? { minWidth: `${2 * of.length + 6}ch` } : undefined}>
      <dt>{name}</dt>
      <dd>
        {value}
        {of && <small className="figureOf"> / {of}</small>}
      </dd>
    </div>
  );
}

function timeLeft(status: SessionStatus | null): string {
  return status?.secondsLeft === null || status?.secondsLeft === undefined
    ? NONE
    : durationWords(status.secondsLeft);
}

const viewMakers: Record<SessionStatus['views'], string> = {
  gpu: 'the GPU',
  workers: 'workers beside the trainer',
  inline: 'the trainer',
};

export function BackendChip() {
  const backend = useSession((s) => s.backend);
  const name = backend ? `${backendNames[backend.backend]} · ${backend.adapter}` : 'Looking for a GPU…';
  return (
    <HoverCard width={300} position="bottom-end" openDelay={150} shadow="sm">
      <HoverCard.Target>
        <UnstyledButton className="chip" aria-label={`Backend: ${name}`}>
          <span className="lamp" data-kind={lampOf(backend)} />
          <span>{name}</span>
        </UnstyledButton>
      </HoverCard.Target>
      <HoverCard.Dropdown>
        <BackendDetails backend={backend} />
      </HoverCard.Dropdown>
    </HoverCard>
  );
}

function lampOf(backend: BackendInfo | null): 'none' | 'good' | 'fair' {
  if (!backend) return 'none';
  return backend.backend === 'webgpu' && !backend.software ? 'good' : 'fair';
}

function BackendDetails({ backend }: { backend: BackendInfo | null }) {
  const status = useSession((s) => s.status);
  if (!backend) return <p className="quiet">The trainer is asking the browser for a graphics adapter.</p>;
  const rows: [string, string][] = [
    ['Backend', backendNames[backend.backend]],
    ['Adapter', `${backend.adapter}${backend.software ? ' (software)' : ''}`],
    ['Threads', countWords(backend.threads)],
    ['Parameters', status?.parameters ? countWords(status.parameters) : NONE],
    ['Views made by', status ? viewMakers[status.views] : NONE],
    ...(status?.dispatches
      ? [['A step', `${countWords(status.dispatches)} dispatches, replayed`] satisfies [string, string]]
      : []),
    ['Tensors', status ? `${countWords(status.tensors)} in ${bytesWords(status.tensorBytes)}` : NONE],
  ];
  return (
    <>
      <table className="pairs">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {backend.reason && <p className="quiet">{backend.reason}</p>}
      {status?.notRecorded && (
        <p className="quiet">Steps are slower than they could be. {status.notRecorded}</p>
      )}
    </>
  );
}

function useStatusSource(): StatusSource {
  const opened = useSession((s) => s.backend !== null);
  const status = useSession((s) => s.status);
  const activity = useSession((s) => s.activity);
  const fault = useSession((s) => s.fault);
  const progress = useDataset((s) => s.progress);
  const images = useDataset((s) => (s.summary ? s.summary.train + s.summary.val : 0));
  const knn = useSeries((s) => s.knn.at(-1) ?? null);
  const kind = useStudies((s) => s.active[0]?.study.kind ?? null);
  const percent = useStudies((s) => percentOf(s.active[0]?.share ?? null));
  const evaluating = kind && { kind, percent };
  return { opened, status, activity, progress, fault, knn, images, evaluating };
}

const percentOf = (share: number | null): number | null => (share === null ? null : Math.round(100 * share));

export function StatusLine() {
  const source = useStatusSource();
  const reason = useSession((s) => s.backend?.reason ?? '');
  const { status, progress, fault } = source;
  const share = progress
    ? progress.done / Math.max(1, progress.total)
    : (status?.step ?? 0) / Math.max(1, status?.totalSteps ?? 0);
  return (
    <section className="status" aria-label="Status">
      <span className="statusNow" data-testid="status-line">
        <span
          className="lamp"
          data-kind={fault && stopsRun(fault) ? 'bad' : status?.phase === 'running' ? 'good' : 'none'}
        />
        {statusText(source)}
      </span>
      <SavedAgo />
      <span className="statusWhy" title={reason}>
        {reason}
      </span>
      <div className="statusBar" style={{ transform: `scaleX(${Math.min(1, share)})`, width: '100%' }} />
    </section>
  );
}

const SPOKEN_EVERY = 4000; // ms; more often would drown a screen reader

/** Says the status at most every few seconds; the visible line may change five times a second. */
export function SpokenStatus() {
  const text = statusText(useStatusSource());
  const [spoken, setSpoken] = useState(text);
  const [spokenAt, setSpokenAt] = useState(0);
  useEffect(() => {
    if (text === spoken) return;
    const wait = Math.max(0, spokenAt + SPOKEN_EVERY - performance.now());
    const timer = setTimeout(() => {
      setSpoken(text);
      setSpokenAt(performance.now());
    }, wait);
    return () => clearTimeout(timer);
  }, [text, spoken, spokenAt]);
  useDocumentTitle(`${spoken} · DINO Playground`);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {spoken}
    </VisuallyHidden>
  );
}
