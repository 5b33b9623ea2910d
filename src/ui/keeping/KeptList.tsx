/** The runs of earlier visits that this browser has kept: gone on with, or given away. */
import { Button, Group } from '@mantine/core';
import { exportKept, goOnWith } from '../../state/keeping-actions.ts';
import { keptWords } from '../../state/keeping-text.ts';
import { bytesWords } from '../../state/words.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useKeeping, useSession } from '../use-stores.ts';
import { useNow } from './use-now.ts';

export function KeptList() {
  const runs = useKeeping((state) => state.runs);
  const unusable = useKeeping((state) => state.unusable);
  const resuming = useKeeping((state) => state.resuming);
  const opened = useSession((state) => state.backend !== null);
  const now = useNow(10_000);
  return (
    <PanelFrame
      title="Kept from earlier visits"
      about="While a run trains, the browser keeps its whole state every half minute and whenever it is paused: of each run the newest two states and the best by k-NN, of runs the newest four. They outlive the page, a crash and a restart, and go on from there to the last bit. Images are never kept: those of your own are asked for again."
      source="The browser's private file system for this page (OPFS); nothing leaves this computer."
      figure={runs.length > 0 && `${runs.length} kept`}
    >
      {runs.length === 0 && (
        <p className={panel.quiet}>Runs that were trained here before appear here after the next visit.</p>
      )}
      {runs.map((run) => (
        <Group key={run.key} justify="space-between" gap="xs" my={6}>
          <span>
            {keptWords(run, now)} · {bytesWords(run.bytes)}
            {run.best && ` · best k-NN ${Math.round(run.best.score)} % at step ${run.best.step}`}
          </span>
          <Group gap="xs">
            <Button
              size="compact-sm"
              variant="default"
              disabled={!opened || resuming}
              aria-label={`Go on with ${run.name}, kept`}
              onClick={() => goOnWith(run)}
            >
              Go on
            </Button>
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              aria-label={`Export ${run.name}, kept`}
              onClick={() => exportKept(run)}
            >
              Export
            </Button>
          </Group>
        </Group>
      ))}
      {unusable.map((sentence) => (
        <p key={sentence} className={panel.quiet}>
          {sentence}
        </p>
      ))}
    </PanelFrame>
  );
}
