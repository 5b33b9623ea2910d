/** The list of runs: how each stands, what it has otherwise, and what can be done with it. */
import { CloseButton } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../protocol/runs.ts';
import { dismissRunRefusal } from '../../state/runs.ts';
import { bytesWords } from '../../state/words.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useRuns } from '../use-stores.ts';
import { ForkForm } from './ForkForm.tsx';
import { RunCard } from './RunCard.tsx';
import classes from './runs.module.css';

export function RunList() {
  const runs = useRuns((state) => state.runs);
  const present = useRuns((state) => state.present);
  const refusal = useRuns((state) => state.refusal);
  const [forked, setForked] = useState<RunRecord | null>(null);
  return (
    <PanelFrame
      title="Runs"
      about="Every run of this visit. A run that is left, be it for a fork, for another run or by Reset, keeps its curves, its snapshots of attention and, as far as the memory set aside for it goes, its whole state: both networks, what the optimizer has gathered of every weight, the center and the step. From that state it goes on exactly as if it had never been left. A fork begins with such a state of another run and one thing changed; its parent stays as it was."
      source="A fork and its parent see the same views of the same images: each random choice depends on the seed, the step and the image alone (a counter-based generator, Salmon et al. 2011). What they differ in is due to the change."
      figure={runs.length > 1 && `${runs.length} runs`}
    >
      {refusal && (
        <p className={classes.refusal} role="alert">
          {refusal}
          <CloseButton size="xs" aria-label="Dismiss" onClick={dismissRunRefusal} />
        </p>
      )}
      {runs.length === 0 ? (
        <p className={panel.quiet}>The first run appears here as soon as there are images.</p>
      ) : (
        <ul className={classes.list} aria-label="Runs">
          {runs.toReversed().map((run) => (
            <RunCard key={run.id} run={run} present={run.id === present} onFork={setForked} />
          ))}
        </ul>
      )}
      <Memory />
      {forked && <ForkForm parent={forked} onClose={() => setForked(null)} />}
    </PanelFrame>
  );
}

function Memory() {
  const bytes = useRuns((state) => state.bytes);
  const budget = useRuns((state) => state.budget);
  const every = useRuns((state) => state.every);
  if (budget === 0) return null;
  return (
    <p className={panel.quiet}>
      Kept states take {bytesWords(bytes)} of {bytesWords(budget)}. One is kept every {every} s of training
      and whenever a run is left; where room is short, those go first that stand closest together, and never
      the newest of a run. These are in memory; what outlives the page is listed below.
    </p>
  );
}
