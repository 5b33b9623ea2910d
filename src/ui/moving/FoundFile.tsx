/** What is in a file that was opened, and what can be done with it. */
import { Button, Group, SegmentedControl } from '@mantine/core';
import { useMemo } from 'react';
import { networkNameSchema, type OpenedFile } from '../../protocol/moving.ts';
import { goOnWithFile, openFile, startFromWeights } from '../../state/moving-actions.ts';
import { startConfig, viewText } from '../../state/moving-plan.ts';
import { dialectText, networkText } from '../../state/moving-text.ts';
import { plural } from '../../state/words.ts';
import panel from '../panels/panels.module.css';
import { useSettings } from '../use-stores.ts';
import { KeyReport } from './KeyReport.tsx';
import classes from './moving.module.css';

export function FoundFile({ opened, file }: { opened: OpenedFile; file: File }) {
  const { networks, network, run, report, whole } = opened;
  return (
    <>
      <p className="prose">
        {dialectText(opened)} {networkText(opened)}
      </p>
      {networks.length > 1 && (
        <SegmentedControl
          aria-label="Network"
          size="xs"
          value={network}
          onChange={(value) => openFile(file, networkNameSchema.parse(value))}
          data={networks.map((value) => ({ value, label: value === 'teacher' ? 'Teacher' : 'Student' }))}
        />
      )}
      <KeyReport report={report} />
      {!whole && (
        <p className={classes.refusal} role="alert">
          Weights that lack something, or fit no network that can be built here, are not used.
        </p>
      )}
      {run && (
        <section className={classes.use} aria-label="The run">
          <h3>Go on with this run</h3>
          <p className={panel.quiet}>
            {run.refusal ??
              `It stands at ${plural(run.step, 'step')} and goes on from there, bit for bit on the same kind of machine. The run in progress is put away.`}
          </p>
          <Button size="xs" disabled={run.refusal !== null} onClick={goOnWithFile}>
            Go on with this run
          </Button>
        </section>
      )}
      {whole && opened.backbone && <Uses opened={opened} />}
    </>
  );
}

function Uses({ opened }: { opened: OpenedFile }) {
  const config = useSettings((s) => s.config);
  const made = useMemo(() => startConfig(config, opened, 'made'), [config, opened]);
  const present = useMemo(() => startConfig(config, opened, 'present'), [config, opened]);
  return (
    <section className={classes.use} aria-label="The weights">
      <h3>Use these weights</h3>
      <p className={panel.quiet}>
        Either way a new run begins at step 0, and the one in progress is put away: student and teacher get
        this backbone, the heads begin fresh. Attention, evaluation and fine-tuning look at it as it is; Train
        goes on from it. All new runs start so until the weights are let go.
      </p>
      <Group gap="xs">
        <div className={classes.way}>
          <Button
            size="xs"
            disabled={made === null}
            onClick={() => made && startFromWeights(made)}
            data-autofocus
          >
            Look at it
          </Button>
          <small>
            {made
              ? `With views as it was made for: ${viewText(made)}.`
              : 'Its views are too large to be made here.'}
          </small>
        </div>
        <div className={classes.way}>
          <Button
            size="xs"
            variant="default"
            disabled={present === null}
            onClick={() => present && startFromWeights(present)}
          >
            Start a new run from it
          </Button>
          <small>
            {present
              ? `With views as they are now: ${viewText(present)}${present.views.globalSize === opened.imageSize || present.backbone.architecture !== 'vit' ? '' : '; its positions are resampled'}.`
              : 'The present settings do not go with its patches.'}
          </small>
        </div>
      </Group>
    </section>
  );
}
