/** The tab "Step by step": one real step of this run, slowly. */
import { Modal } from '@mantine/core';
import { fillWindow } from '../../state/anatomy.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useAnatomy, useDataset, useSession } from '../use-stores.ts';
import { NextStep } from './NextStep.tsx';
import classes from './step.module.css';
import { Walk } from './Walk.tsx';

export function StepTab() {
  const anatomy = useAnatomy((state) => state.anatomy);
  const refusal = useAnatomy((state) => state.refusal);
  const large = useAnatomy((state) => state.large);
  const hasImages = useDataset((state) => state.summary !== null);
  const finished = useSession(({ status }) => status?.phase === 'finished');
  return (
    <PanelFrame
      title="Step by step"
      figure={
        anatomy && (
          <>
            <strong>step {formatCount(anatomy.step)}</strong>, taken apart in{' '}
            {Math.round(anatomy.milliseconds)} ms
          </>
        )
      }
      about="One real training step of this run, in nine phases. Its tensors are worked out beside the run by the same functions, from the same crops; then the run makes this very step, and its own loss, gradient and weights are set beside what was computed. The run is paused meanwhile and goes on afterwards as if nobody had looked. Step on with the arrow keys; “Next step” takes the following one apart."
      source="Caron et al. 2021, algorithm 1 and §3.1; names on the right are those of the official code (facebookresearch/dino, main_dino.py and utils.py). Formula of AdamW: Loshchilov & Hutter 2019."
    >
      {refusal !== null && (
        <p className={classes.refusal} role="alert">
          {refusal}
        </p>
      )}
      {finished && (
        <p className={classes.refusal}>
          The run is finished, so no step follows that could be taken apart. Reset begins anew; the Runs tab
          goes on from an earlier state.
        </p>
      )}
      {anatomy === null ? (
        <div className={panel.empty}>
          <strong>{hasImages ? 'No step was taken apart yet' : 'No images yet'}</strong>
          <span>
            The next step of the run appears here in nine phases, from its crops to the center. A run in
            progress is paused for it.
          </span>
          <div>
            <NextStep emphasised first />
          </div>
        </div>
      ) : large ? (
        <Modal
          opened
          onClose={() => fillWindow(false)}
          fullScreen
          withCloseButton={false}
          transitionProps={{ duration: 0 }}
          aria-label={`Step ${anatomy.step}, step by step`}
          classNames={{ body: classes.window ?? '' }}
        >
          <Walk anatomy={anatomy} large />
        </Modal>
      ) : (
        <Walk anatomy={anatomy} large={false} />
      )}
    </PanelFrame>
  );
}
