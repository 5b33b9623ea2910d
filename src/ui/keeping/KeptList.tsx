/** The runs of earlier visits that this browser has kept: gone on with, or given away. */
import { Group } from '@mantine/core';
import { bestWords, keptWords } from '../../state/keeping-text.ts';
import { bytesWords } from '../../state/words.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useKeeping } from '../use-stores.ts';
import classes from './keeping.module.css';
import { StateButtons } from './StateButtons.tsx';
import { useNow } from './use-now.ts';

export function KeptList() {
  const runs = useKeeping((state) => state.runs);
  const unusable = useKeeping((state) => state.unusable);
  const now = useNow(10_000);
  return (
    <PanelFrame
      title="Kept from earlier visits"
      about="While a run trains, the browser keeps its whole state every half minute and whenever it is paused: of each run the newest two states and the best by k-NN, of runs the newest four. They outlive the page, a crash and a restart, and go on from there to the last bit; from the best one as a run of its own, so that the newest stays. Images are never kept: those of your own are asked for again."
      source="The browser's private file system for this page (OPFS); nothing leaves this computer."
      figure={runs.length > 0 && `${runs.length} kept`}
    >
      {runs.length === 0 && (
        <p className={panel.quiet}>Runs that were trained here before appear here after the next visit.</p>
      )}
      {runs.map((run) => (
        <div key={run.key} className={classes.kept}>
          {keptWords(run, now)} · {bytesWords(run.bytes)}
          {run.best && !bestWords(run) && ` · k-NN ${Number(run.best.score.toFixed(1))} %, its best`}
          <Group gap="4px 8px" mt={4}>
            <StateButtons run={run} leading={false} />
          </Group>
        </div>
      ))}
      {unusable.map((sentence) => (
        <p key={sentence} className={panel.quiet}>
          {sentence}
        </p>
      ))}
    </PanelFrame>
  );
}
