/** What must be read about kept runs: an offer to go on, images that are awaited, why nothing is saved, a lost GPU. */
import { Button, CloseButton } from '@mantine/core';
import { IconDeviceFloppy, IconInfoCircle } from '@tabler/icons-react';
import type { KeptRun } from '../../protocol/keeping.ts';
import {
  declineOffer,
  dismissKeepingRefusal,
  dismissRecovered,
  dismissTrouble,
  stopAwaiting,
} from '../../state/keeping.ts';
import { bestWords, keptNote, keptWords, recoveredWords, troubleOf } from '../../state/keeping-text.ts';
import { Notice } from '../Notice.tsx';
import { useDataset, useKeeping, useSession } from '../use-stores.ts';
import { StateButtons } from './StateButtons.tsx';
import { useNow } from './use-now.ts';

export function KeepingNotices() {
  const refusal = useKeeping((state) => state.refusal);
  const recovered = useKeeping((state) => state.recovered);
  return (
    <>
      <Offer />
      <Awaited />
      {refusal && (
        <Notice label={null} onDismiss={dismissKeepingRefusal}>
          {refusal}
        </Notice>
      )}
      {recovered && (
        <Notice label="Lost GPU" onDismiss={dismissRecovered}>
          {recoveredWords(recovered)}
        </Notice>
      )}
      <Trouble />
    </>
  );
}

/** The newest kept run, for as long as nothing else has been trained. */
function Offer() {
  const run = useKeeping((state) => state.runs[0]);
  const unusable = useKeeping((state) => state.unusable[0]);
  const wanted = useKeeping((state) => !state.declined && state.awaited === null);
  const unbegun = useSession(({ status }) => (status?.step ?? 0) === 0 && status?.phase !== 'running');
  if (!wanted || !unbegun || (!run && !unusable)) return null;
  return (
    <section className="notice" aria-label="Kept run">
      <IconDeviceFloppy size={18} aria-hidden="true" />
      {run ? <OfferedRun run={run} /> : <div>{unusable}</div>}
      {!run && <CloseButton size="sm" aria-label="Dismiss the notice" onClick={declineOffer} />}
    </section>
  );
}

function OfferedRun({ run }: { run: KeptRun }) {
  const now = useNow(10_000);
  const summary = useDataset((state) => state.summary);
  const backend = useSession((state) => state.backend);
  const unusable = useKeeping((state) => state.unusable[0]);
  return (
    <div>
      <strong>Go on with {keptWords(run, now)}?</strong>
      {[...keptNote(run, summary, backend), ...(unusable ? [unusable] : [])].join(' ')}
      <div className="noticeMore">
        <StateButtons run={run} leading>
          <Button size="compact-sm" variant="default" onClick={declineOffer}>
            Start anew
          </Button>
        </StateButtons>
      </div>
    </div>
  );
}

function Awaited() {
  const awaited = useKeeping((state) => state.awaited);
  if (!awaited) return null;
  const { name, images } = awaited.run;
  const best = awaited.state === 'best' && bestWords(awaited.run);
  return (
    <section className="notice" aria-label="Images awaited">
      <IconInfoCircle size={18} aria-hidden="true" />
      <div>
        <strong>
          Drop {images.name} here, and {name} goes on{best && ` from its best state, ${best}`}.
        </strong>
        The same folder or file as before; the page compares names, labels and sizes. Its settings are in
        place already.
      </div>
      <CloseButton size="sm" aria-label="Do not wait for the images" onClick={stopAwaiting} />
    </section>
  );
}

/** Told once a run has something to lose. */
function Trouble() {
  const keeping = useKeeping((state) => state.keeping);
  const told = useKeeping((state) => state.toldOf === state.keeping.state);
  const begun = useSession(({ status }) => (status?.step ?? 0) > 0);
  const trouble = troubleOf(keeping);
  if (!trouble || told || !begun) return null;
  return (
    <Notice label="Not saved" onDismiss={dismissTrouble}>
      <strong>{trouble.what}</strong>
      {trouble.remedy}
    </Notice>
  );
}
