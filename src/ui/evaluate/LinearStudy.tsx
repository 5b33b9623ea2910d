/** The card of linear classifiers on frozen features. */
import { NumberInput, SegmentedControl, Switch } from '@mantine/core';
import { useMemo } from 'react';
import { chooseForStudies } from '../../state/studies.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import { formatPercent, formatValue } from '../charts/format.ts';
import { INK } from '../charts/palette.ts';
import { niceAxis, stepAxis } from '../charts/scale.ts';
import panel from '../panels/panels.module.css';
import { useSession, useSettings, useStudies } from '../use-stores.ts';
import { type ResultOf, StudyCard } from './StudyCard.tsx';

export function LinearStudy() {
  return (
    <StudyCard
      kind="linear"
      about="One linear layer is trained on the features, with labels, while the network stays as it is: what it gets right is what the features tell at a straight cut. The probe is trained as in the paper's code, by SGD with momentum 0.9 and a cosine schedule on the CLS tokens of the last blocks; its learning rate matters much, so several can be tried on a fifth of the training images. Logistic regression has no learning rate: it is fitted to its optimum on standardised features, with an L2 penalty."
      source="Caron et al. 2021, §3.2, and eval_linear.py of the official code; logistic regression as in scikit-learn (C = 1). Interval: 95 %, Wilson 1927."
      needsLabels
      empty="The accuracy of both, and the probe's way there, appear here."
      options={<Options />}
    >
      {(result) => <Probe result={result} />}
    </StudyCard>
  );
}

/** The last blocks whose CLS tokens can be taken, for these settings of a backbone. */
export function Blocks() {
  const blocks = useStudies((state) => state.choices.blocks);
  const settings = useSettings((state) => state.config);
  const { backbone } = useSession((state) => state.runConfig) ?? settings;
  const vit = backbone.architecture === 'vit';
  const depth = vit ? backbone.depth : 1;
  const offered = [...new Set([1, 2, 4].map((n) => Math.min(n, depth)))];
  return (
    <SegmentedControl
      size="xs"
      aria-label="Features of"
      value={String(Math.min(blocks, depth))}
      onChange={(value) => chooseForStudies({ blocks: Number(value) })}
      data={offered.map((n) => ({
        value: String(n),
        label: n === 1 ? (vit ? 'last block' : 'last stage') : `last ${n} blocks`,
      }))}
    />
  );
}

function Options() {
  const { epochs, sweep } = useStudies((state) => state.choices);
  return (
    <>
      <Blocks />
      <NumberInput
        size="xs"
        w={110}
        aria-label="Epochs of the probe"
        suffix=" epochs"
        min={1}
        max={1000}
        clampBehavior="blur"
        value={epochs}
        onChange={(value) => {
          if (typeof value === 'number' && value >= 1 && value <= 1000)
            chooseForStudies({ epochs: Math.round(value) });
        }}
      />
      <Switch
        size="xs"
        label="Try learning rates"
        checked={sweep}
        onChange={({ currentTarget }) => chooseForStudies({ sweep: currentTarget.checked })}
      />
    </>
  );
}

function Probe({ result }: { result: ResultOf<'linear'> }) {
  const { curve, rate, tried } = result.finding;
  const rows = useMemo(
    () => curve.val.map((val, i) => ({ step: i + 1, val, train: curve.train[i] ?? null })),
    [curve],
  );
  const all = [...curve.train, ...curve.val];
  const last = curve.val.at(-1);
  return (
    <>
      <CurveChart
        rows={rows}
        xName="Epoch"
        curves={[
          { key: 'train', name: 'Training images', color: 'var(--quiet)', dash: '3 3' },
          { key: 'val', name: 'Validation images', color: INK, width: 2.25 },
        ]}
        x={stepAxis(1, rows.length, 5)}
        y={niceAxis(Math.max(0, Math.min(...all) - 2), Math.min(100, Math.max(...all) + 2), 4)}
        height={170}
        formatY={(value) => `${Number(value.toFixed(1))} %`}
        description={`The probe's accuracy over its epochs, at the end ${last === undefined ? 'unknown' : formatPercent(last)}.`}
        empty="No epoch was trained."
      />
      <p className={panel.quiet}>
        The probe over its epochs: validation images (solid), training images (dashed), at the learning rate{' '}
        {formatValue(rate)}.
        {tried.length > 0 &&
          ` Tried on a fifth of the training images: ${tried
            .map((each) => `${formatValue(each.rate)} gave ${formatPercent(each.accuracy)}`)
            .join(', ')}.`}
      </p>
    </>
  );
}
