/** In the notice of a fault: the way on from the last good state. */
import { Button } from '@mantine/core';
import type { Fault } from '../../protocol/values.ts';
import { goOnAfterFault } from '../../state/keeping-actions.ts';
import { stopsRun } from '../../state/status-text.ts';
import { countWords } from '../../state/words.ts';
import { useKeeping, useRuns, useSession } from '../use-stores.ts';

export function GoOn({ fault }: { fault: Fault }) {
  const held = useRuns(
    ({ runs, present }) => runs.find(({ id }) => id === present)?.states.at(-1)?.step ?? 0,
  );
  const saved = useKeeping((state) => state.keeping.saved?.step ?? 0);
  const reached = useSession((state) => state.status?.step ?? 0);
  // A step without a finite loss moved nothing: the run itself is its last good state.
  const step = fault.kind === 'not-finite' ? reached : Math.max(held, saved);
  if (!stopsRun(fault) || fault.kind === 'device-lost' || step === 0) return null;
  return (
    <p className="noticeMore">
      Nothing up to step {countWords(step)} is lost. Change what is to be changed in the settings, and go on
      from there; images, batch size and the network's shape can change only in a new run.
      <Button size="compact-sm" onClick={goOnAfterFault}>
        Go on from step {countWords(step)}
      </Button>
    </p>
  );
}
