/** The teacher's k-NN accuracy over time beside its baselines, and the nearest neighbours of an image. */
import { Button } from '@mantine/core';
import { useMemo } from 'react';
import { wilson } from '../../core/interval.ts';
import type { KnnResult } from '../../protocol/values.ts';
import { evaluateKnn } from '../../state/actions.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import type { Level } from '../charts/curves.ts';
import { formatCount, formatPercent } from '../charts/format.ts';
import { INK } from '../charts/palette.ts';
import { MOST_POINTS } from '../charts/rows.ts';
import { niceAxis, stepAxis } from '../charts/scale.ts';
import { useDataset, useSeries, useSession, useSettings } from '../use-stores.ts';
import { NeighboursView } from './NeighboursView.tsx';
import { PanelFrame } from './PanelFrame.tsx';
import panel from './panels.module.css';

export function KnnPanel() {
  const results = useSeries((state) => state.knn);
  const summary = useDataset((state) => state.summary);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const settings = useSettings((state) => state.config);
  const every = (useSession((state) => state.runConfig) ?? settings).evaluation.knnEvery;
  const latest = results.at(-1);
  const labelled = summary === null || summary.classes.length > 0;
  return (
    <>
      <PanelFrame
        title="k-NN accuracy"
        figure={
          latest && (
            <>
              <strong>{formatPercent(latest.teacher)}</strong> at step {formatCount(latest.step)}
            </>
          )
        }
        about="A validation image gets the class that its k nearest training images vote for, by cosine similarity of the teacher's CLS features; nearer ones weigh more (exp(similarity / 0.07)). Labels serve to score alone, training never sees them. The same is done with raw pixels and with the network before its first step: only what is above both has been learned."
        source="Caron et al. 2021, §3.2 (evaluation protocols) and Table 2, after Wu et al. 2018. Band: 95 % interval of a share of n images, Wilson 1927."
      >
        {labelled ? (
          <>
            <AccuracyChart results={results} classes={summary?.classes.length ?? 0} />
            <Facts latest={latest} every={every} />
          </>
        ) : (
          <p className={panel.quiet}>
            These images have no labels, so there is no score: accuracy needs classes to be right or wrong
            about. Nearest neighbours work all the same.
          </p>
        )}
        {labelled && (
          <Button
            variant="default"
            size="compact-sm"
            mt={8}
            onClick={evaluateKnn}
            disabled={phase === 'empty' || phase === 'preparing' || phase === 'fault'}
          >
            Evaluate now
          </Button>
        )}
      </PanelFrame>
      <NeighboursView />
    </>
  );
}

function AccuracyChart({ results, classes }: { results: readonly KnnResult[]; classes: number }) {
  const latest = results.at(-1);
  const rows = useMemo(
    () =>
      results.slice(-MOST_POINTS).map(({ step, teacher, val }) => {
        const { low, high } = wilson(teacher, val);
        return { step, teacher, interval: [low, high] };
      }),
    [results],
  );
  const chance = 100 / (latest?.classes ?? Math.max(1, classes));
  const levels: Level[] = latest ? levelsOf(latest, chance) : [];
  const ends = rows.flatMap(({ interval }) => interval);
  const low = Math.min(chance, latest?.pixels ?? 100, latest?.untrained ?? 100, ...ends);
  const high = Math.max(chance, latest?.pixels ?? 0, latest?.untrained ?? 0, ...ends);
  return (
    <CurveChart
      rows={rows}
      curves={[{ key: 'teacher', name: 'Teacher', color: INK, width: 2.25, dots: true }]}
      band={{ key: 'interval', name: '95 % interval', color: INK }}
      levels={levels}
      x={stepAxis(rows[0]?.step ?? 0, rows.at(-1)?.step ?? 1, 5)}
      y={niceAxis(Math.max(0, low - 4), Math.min(100, high + 6), 5)}
      height={230}
      formatY={(value) => `${Number(value.toFixed(1))} %`}
      description={
        latest
          ? `k-NN accuracy over steps: now ${formatPercent(latest.teacher)}, raw pixels ${formatPercent(latest.pixels)}, untrained network ${formatPercent(latest.untrained)}, chance ${formatPercent(chance)}.`
          : 'k-NN accuracy over steps, not measured yet.'
      }
      empty="The teacher's accuracy appears here with each evaluation, above or below what raw pixels and the untrained network reach."
    />
  );
}

/** Two lines close together are labelled at different ends, on the sides that face away from each other. */
function levelsOf({ pixels, untrained }: KnnResult, chance: number): Level[] {
  return [
    {
      value: untrained,
      label: `untrained network ${formatPercent(untrained)}`,
      color: 'var(--student)',
      at: 'right',
      side: untrained >= pixels ? 'above' : 'below',
    },
    {
      value: pixels,
      label: `raw pixels ${formatPercent(pixels)}`,
      color: 'var(--teacher)',
      at: 'right',
      side: untrained >= pixels ? 'below' : 'above',
    },
    {
      value: chance,
      label: `chance ${formatPercent(chance)}`,
      color: 'var(--quiet)',
      at: 'left',
      side: 'above',
    },
  ];
}

function Facts({ latest, every }: { latest: KnnResult | undefined; every: number }) {
  if (latest === undefined)
    return (
      <p className={panel.quiet}>
        {every > 0 ? `Measured every ${formatCount(every)} steps, or on demand.` : 'Measured on demand.'}
      </p>
    );
  const { low, high } = wilson(latest.teacher, latest.val);
  const above = latest.teacher - Math.max(latest.untrained, latest.pixels);
  return (
    <p className={panel.quiet}>
      Scored on {formatCount(latest.val)} validation images of {latest.classes} classes, by the votes of{' '}
      {formatCount(latest.train)} training images, k = {latest.k}. 95 % interval {low.toFixed(1)} to{' '}
      {high.toFixed(1)} % (band).{' '}
      {above >= 0
        ? `${above.toFixed(1)} points above the better baseline.`
        : `${(-above).toFixed(1)} points below the better baseline.`}
    </p>
  );
}
