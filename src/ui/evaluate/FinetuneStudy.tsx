/** The card of fine-tuning: labels taught to the network itself, its curves while it learns and after. */
import { NumberInput, SegmentedControl } from '@mantine/core';
import { memo, useMemo } from 'react';
import type { TuningChoices, TuningCurve, TuningCurves } from '../../protocol/studies.ts';
import { chooseForStudies } from '../../state/studies.ts';
import { CurveChart } from '../charts/CurveChart.tsx';
import { formatPercent, formatValue } from '../charts/format.ts';
import { INK } from '../charts/palette.ts';
import { type Axis, extent, niceAxis, stepAxis } from '../charts/scale.ts';
import panel from '../panels/panels.module.css';
import { useStudies } from '../use-stores.ts';
import classes from './evaluate.module.css';
import { StudyCard } from './StudyCard.tsx';

const RATES = [1e-5, 1e-4, 1e-3];

export function FinetuneStudy() {
  return (
    <StudyCard
      kind="finetune"
      about="A small classifier (CLS token → 256 → 128 → classes, with ReLU and dropout of 0.3) is put on a copy of the network, and both learn the labels together, or the classifier alone. The run itself is not touched. What counts is the distance to the same training from the untrained network: that is what training without labels was worth as a start. A fifth of the training images is held out to choose when to stop; the validation images are scored once, by the weights of the best epoch. No image is augmented."
      source="AdamW with a weight decay of 5e-4, as recipes of the field fine-tune DINO; dropout after Srivastava et al. 2014. Interval: 95 %, Wilson 1927."
      needsLabels
      empty="The accuracy of the fine-tuned network, beside the same from an untrained one, and the curves of its losses appear here."
      options={<Options />}
      live={({ curves }) => curves && <Curves curves={curves} />}
    >
      {({ finding }) => <Curves curves={finding.curves} />}
    </StudyCard>
  );
}

function Options() {
  const tuning = useStudies((state) => state.choices.tuning);
  const choose = (change: Partial<TuningChoices>) => chooseForStudies({ tuning: { ...tuning, ...change } });
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label="What learns"
        value={tuning.learns}
        onChange={(learns) => choose({ learns })}
        data={[
          { value: 'whole', label: 'Whole network' },
          { value: 'head', label: 'Classifier alone' },
        ]}
      />
      <Count
        label="Epochs of fine-tuning"
        suffix=" epochs"
        value={tuning.epochs}
        onChange={(epochs) => choose({ epochs })}
      />
      <Count
        label="Epochs without a better loss before it stops"
        prefix="patience "
        value={tuning.patience}
        onChange={(patience) => choose({ patience })}
      />
      <SegmentedControl
        size="xs"
        aria-label="Learning rate of fine-tuning"
        value={String(tuning.rate)}
        onChange={(rate) => choose({ rate: Number(rate) })}
        data={RATES.map((rate) => ({ value: String(rate), label: `rate ${formatValue(rate)}` }))}
      />
    </>
  );
}

interface CountProps {
  label: string;
  prefix?: string;
  suffix?: string;
  value: number;
  onChange: (value: number) => void;
}

function Count({ label, prefix = '', suffix = '', value, onChange }: CountProps) {
  return (
    <NumberInput
      size="xs"
      w={110}
      aria-label={label}
      prefix={prefix}
      suffix={suffix}
      min={1}
      max={200}
      clampBehavior="blur"
      value={value}
      onChange={(entered) => {
        if (typeof entered === 'number' && entered >= 1 && entered <= 200) onChange(Math.round(entered));
      }}
    />
  );
}

interface Row {
  step: number;
  loss: number | null;
  heldOutLoss: number | null;
  train: number | null;
  network: number | null;
  untrained: number | null;
  pixels: number | null;
}

function rowsOf({ network, untrained, pixels }: TuningCurves): Row[] {
  const epochs = Math.max(network.loss.length, untrained.loss.length, pixels.loss.length);
  return Array.from({ length: epochs }, (_, i) => ({
    step: i + 1,
    loss: network.loss[i] ?? null,
    heldOutLoss: network.heldOutLoss[i] ?? null,
    train: network.train[i] ?? null,
    network: network.heldOut[i] ?? null,
    untrained: untrained.heldOut[i] ?? null,
    pixels: pixels.heldOut[i] ?? null,
  }));
}

/** Drawn anew for new curves alone, not for each word of progress. */
const Curves = memo(function Curves({ curves }: { curves: TuningCurves }) {
  const rows = useMemo(() => rowsOf(curves), [curves]);
  const { network, untrained, pixels } = curves;
  const x = stepAxis(1, Math.max(2, rows.length), 5);
  const accuracies = extent(network.train, network.heldOut, untrained.heldOut, pixels.heldOut) ?? [0, 100];
  return (
    <>
      <div className={classes.pair}>
        <CurveChart
          rows={rows}
          xName="Epoch"
          curves={[
            { key: 'loss', name: 'Learned from', color: 'var(--quiet)', dash: '3 3', dots: true },
            { key: 'heldOutLoss', name: 'Held out', color: INK, width: 2.25, dots: true },
          ]}
          x={x}
          y={lossAxis(network)}
          height={170}
          formatY={formatValue}
          description={`Loss over the epochs of fine-tuning, lowest on the images held out after epoch ${network.best}.`}
          empty="No epoch has been trained."
        />
        <CurveChart
          rows={rows}
          xName="Epoch"
          curves={[
            { key: 'train', name: 'Learned from', color: 'var(--quiet)', dash: '3 3' },
            { key: 'pixels', name: 'Raw pixels, held out', color: 'var(--teacher)' },
            { key: 'untrained', name: 'Untrained, held out', color: 'var(--student)' },
            { key: 'network', name: 'Held out', color: INK, width: 2.25, dots: true },
          ]}
          x={x}
          y={niceAxis(Math.max(0, accuracies[0] - 2), Math.min(100, accuracies[1] + 2), 4)}
          height={170}
          formatY={(value) => `${Number(value.toFixed(1))} %`}
          description={`Accuracy over the epochs of fine-tuning, on the images held out at the end ${lastOf(network)}, from the untrained network ${lastOf(untrained)}, from raw pixels ${lastOf(pixels)}.`}
          empty="No epoch has been trained."
        />
      </div>
      <p className={panel.quiet}>
        Cross entropy (left) and accuracy (right) over the epochs: training images that are learned from, with
        dropout (dashed), and those held out (solid); the same from the{' '}
        <b style={{ color: 'var(--student)' }}>untrained network</b> and from{' '}
        <b style={{ color: 'var(--teacher)' }}>raw pixels</b>, held out.
        {network.best > 0 && ` By the images held out, the weights of epoch ${network.best} are the best.`}
      </p>
    </>
  );
});

function lossAxis({ loss, heldOutLoss }: TuningCurve): Axis {
  const [low, high] = extent(loss, heldOutLoss) ?? [0, 1];
  return niceAxis(low, high, 4);
}

function lastOf({ heldOut }: TuningCurve): string {
  const last = heldOut.at(-1);
  return last === undefined ? 'not yet known' : formatPercent(last);
}
