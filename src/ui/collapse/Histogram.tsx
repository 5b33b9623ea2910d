/** Which prototypes the teacher names, over many images: now, and before the first step. */
import { Button, SegmentedControl } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconRefresh } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Usage } from '../../protocol/diagnosis.ts';
import { diagnose } from '../../state/diagnosing.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import pictures from '../panels/pictures.module.css';
import { Bars, rangeOf } from '../step/Bars.tsx';
import { useDataset, useDiagnosis, useSession } from '../use-stores.ts';
import classes from './collapse.module.css';

const HEIGHT = 96;

type Order = 'number' | 'use';

export function Histogram() {
  const diagnosis = useDiagnosis((state) => state.diagnosis);
  const awaited = useDiagnosis((state) => state.awaited);
  const hasImages = useDataset((state) => state.summary !== null);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const [order, setOrder] = useState<Order>('number');
  const { ref, width } = useElementSize();
  return (
    <PanelFrame
      title="Prototypes in use"
      figure={
        diagnosis && (
          <>
            at <strong>step {formatCount(diagnosis.step)}</strong>
          </>
        )
      }
      about="Every image goes to the prototype that the teacher gives it most of, after centering; a bar is how many images a prototype gets. One bar alone is one-dimensional collapse. “As good as n” is the perplexity: n prototypes in perfectly even use would be as hard to guess. An untrained network names many prototypes too, by chance, so more is not better: kinds of images should share theirs."
      source="Caron et al. 2021, §3.1 (a collapse dominated by one dimension); perplexity of the assignments after Baevski et al. 2020 (wav2vec 2.0), §3.2."
    >
      <div className={pictures.toolbar}>
        <SegmentedControl
          size="xs"
          aria-label="Order of the prototypes"
          value={order}
          onChange={setOrder}
          data={[
            { value: 'number', label: 'By number' },
            { value: 'use', label: 'By use' },
          ]}
        />
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconRefresh size={14} aria-hidden="true" />}
          loading={awaited}
          disabled={!hasImages || phase === 'fault' || phase === 'empty'}
          onClick={diagnose}
        >
          Look now
        </Button>
      </div>
      <div ref={ref}>
        {diagnosis && width > 0 ? (
          <>
            <Rows
              name="Teacher"
              usage={diagnosis.teacher}
              order={order}
              width={width}
              color="var(--teacher)"
            />
            <Rows
              name="Before the first step"
              usage={diagnosis.untrained}
              order={order}
              width={width}
              color="var(--quiet)"
            />
          </>
        ) : (
          <div className={panel.empty} style={{ minHeight: 2 * HEIGHT }}>
            <strong>{hasImages ? 'Not looked at yet' : 'No images yet'}</strong>
            Which prototypes the teacher names for the training images appears here with the run’s first
            snapshot, or at the button’s press.
          </div>
        )}
      </div>
    </PanelFrame>
  );
}

interface RowsProps {
  name: string;
  usage: Usage;
  order: Order;
  width: number;
  color: string;
}

function Rows({ name, usage, order, width, color }: RowsProps) {
  const { histogram, used, perplexity } = usage;
  const values = useMemo(
    () => (order === 'use' ? histogram.toSorted((a, b) => b - a) : histogram),
    [histogram, order],
  );
  const most = rangeOf(histogram).high;
  const words = `${formatCount(used)} of ${formatCount(histogram.length)} prototypes, as good as ${perplexity.toFixed(1)} in even use; the largest has ${formatCount(most)} images`;
  return (
    <figure className={classes.histogram}>
      <figcaption>
        <strong>{name}</strong> {words}
      </figcaption>
      <Bars
        values={values}
        width={Math.floor(width)}
        height={HEIGHT}
        low={0}
        high={most}
        color={color}
        label={`Images a prototype, ${name.toLowerCase()}: ${words}`}
      />
    </figure>
  );
}
