/** In the notice of a fault: the way on from the last good state. */
import { Button } from '@mantine/core';
import type { Fault } from '../../protocol/values.ts';
import { goOnAfterFault } from '../../state/keeping-actions.ts';
import { batchNote } from '../../state/run-text.ts';
import { stopsRun } from '../../state/status-text.ts';
import { countWords } from '../../state/words.ts';
import { useDataset, useKeeping, useRuns, useSession, useSettings } from '../use-stores.ts';

export function GoOn({ fault }: { fault: Fault }) {
  const held = useRuns(
    ({ runs, present }) => runs.find(({ id }) => id === present)?.states.at(-1)?.step ?? 0,
  );
  const saved = useKeeping((state) => state.keeping.saved?.step ?? 0);
  const reached = useSession((state) => state.status?.step ?? 0);
  const run = useSession((state) => state.runConfig);
  const config = useSettings((state) => state.config);
  const trainImages = useDataset((state) => state.summary?.train ?? 0);
  // A step without a finite loss moved nothing: the run itself is its last good state.
  const step = fault.kind === 'not-finite' ? reached : Math.max(held, saved);
  if (!stopsRun(fault) || fault.kind === 'device-lost' || step === 0) return null;
  const note = run && batchNote(config, run, step, trainImages);
  return (
    <p className="noticeMore">
      Or lose nothing up to step {countWords(step)}: change the settings, the batch size too, and go on from
      there. Only other images, another seed and another shape of the network, the prototypes K with it, take
      a new run.
      {note && ` ${note}`}
      <Button size="compact-sm" onClick={goOnAfterFault}>
        Go on from step {countWords(step)}
      </Button>
    </p>
  );
}
