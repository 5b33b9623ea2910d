/** Back and forth through the snapshots of the run, and how much of the attention lay on the object at each of them. */

import { Button, Slider } from '@mantine/core';
import { useMemo } from 'react';
import type { AttentionSnapshot } from '../../protocol/values.ts';
import { headName } from '../../state/map-name.ts';
import { HISTORY_BYTES, snapshotAt } from '../../state/snapshot-history.ts';
import { showStep } from '../../state/view.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import { formatCount } from '../charts/format.ts';
import { MOST_POINTS } from '../charts/rows.ts';
import { niceAxis, stepAxis } from '../charts/scale.ts';
import panel from '../panels/panels.module.css';
import { useView } from '../use-stores.ts';
import classes from './closer.module.css';

export function Scrubber() {
  const history = useView((state) => state.history);
  const shownStep = useView((state) => state.shownStep);
  if (history.length === 0) return null;
  const last = history.length - 1;
  const shown = shownStep === null ? null : snapshotAt(history, shownStep);
  const at = shown === null ? last : history.indexOf(shown);
  const choose = (index: number) => showStep(index === last ? null : (history[index]?.step ?? null));
  return (
    <div className={classes.scrubber}>
      <span>Step</span>
      <Slider
        className={classes.scrub ?? ''}
        size="sm"
        min={0}
        max={Math.max(1, last)}
        step={1}
        value={last === 0 ? 1 : at}
        disabled={last === 0}
        onChange={choose}
        label={null}
        thumbLabel="Snapshot"
        thumbValueText={`step ${history[at]?.step ?? 0}`}
      />
      <span className={classes.scrubbed}>{formatCount(history[at]?.step ?? 0)}</span>
      <Button variant="subtle" size="compact-xs" disabled={shownStep === null} onClick={() => showStep(null)}>
        Newest
      </Button>
    </div>
  );
}

const COLORS = ['var(--accent)', 'var(--teacher)', 'var(--student)', 'var(--quiet)'];
const DASHES = ['', '6 3', '2 3'];

/** Attention on the object ÷ its area, a line a head, where the objects are known. */
export function Overlaps() {
  const history = useView((state) => state.history);
  const network = useView((state) => (state.overlay.network === 'student' ? 'student' : 'teacher'));
  const rows = useMemo(
    () =>
      thinned(history).flatMap(({ step, overlap }) =>
        overlap
          ? [Object.fromEntries([['step', step], ...overlap[network].map((x, i) => [`head${i}`, x])])]
          : [],
      ),
    [history, network],
  );
  const known = history.filter(({ overlap }) => overlap !== null);
  const newest = known.at(-1);
  if (!newest?.overlap || rows.length < 2) return null;
  const heads = newest.overlap[network];
  const curves = heads.map((_, i) => ({
    key: `head${i}`,
    name: headName(newest, i),
    color: COLORS[i % COLORS.length] ?? 'var(--ink)',
    width: 2,
    dash: DASHES[Math.floor(i / COLORS.length) % DASHES.length] ?? '',
  }));
  const most = Math.max(1.2, ...known.flatMap(({ overlap }) => overlap?.[network] ?? []));
  return (
    <section className={classes.distances} aria-label="Attention on the object">
      <h3>Attention on the object</h3>
      <p className={panel.quiet}>
        Times its share of the area, {network}, mean of {newest.overlap.images} images. The page keeps
        snapshots within {HISTORY_BYTES / 2 ** 20} MiB, spread over the run.
      </p>
      <div className={panel.key}>
        {curves.map(({ key, name, color, dash }) => (
          <span key={key}>
            <span
              className={panel.keyLine}
              style={{ borderTopColor: color, borderTopStyle: dash === '' ? 'solid' : 'dashed' }}
            />
            {name}
          </span>
        ))}
      </div>
      <CurveChart
        rows={rows}
        curves={curves}
        levels={[{ value: 1, label: 'looking anywhere', color: 'var(--quiet)', at: 'right', side: 'below' }]}
        x={stepAxis(known[0]?.step ?? 0, newest.step, 5)}
        y={niceAxis(0, most, 4)}
        height={150}
        formatY={(value) => `${Number(value.toFixed(2))}×`}
        description={`Attention on the object over steps, ${network}: now ${heads.map((x, i) => `${headName(newest, i).toLowerCase()} ${x.toFixed(2)}`).join(', ')} times its share of the area.`}
        empty=""
      />
    </section>
  );
}

function thinned(history: readonly AttentionSnapshot[]): readonly AttentionSnapshot[] {
  const stride = Math.ceil(history.length / MOST_POINTS);
  return history.filter((_, i) => i % stride === 0 || i === history.length - 1);
}
