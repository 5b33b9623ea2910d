/** Erases all that the page has left in the browser, after saying what that is. */
import { Button, Group, Modal } from '@mantine/core';
import { IconEraser } from '@tabler/icons-react';
import { useState } from 'react';
import type { KeptRun } from '../../protocol/keeping.ts';
import { eraseEverything } from '../../state/keeping-actions.ts';
import { showDialog } from '../../state/moving.ts';
import { bytesWords, plural } from '../../state/words.ts';
import { FileItem } from '../moving/FileItem.tsx';
import { useKeeping, useRuns } from '../use-stores.ts';

export function EraseItem() {
  return (
    <FileItem
      name="Erase all my data…"
      note="Kept runs, settings, timings and the offline copy"
      icon={IconEraser}
      color="red"
      onClick={() => showDialog('erase')}
    />
  );
}

/** @param here how many runs of this visit have made a step. */
function runsWords(runs: readonly KeptRun[], here: number): string {
  const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
  const present = here > 0 ? [`${plural(here, 'run')} of this visit`] : [];
  const earlier =
    runs.length > 0 ? [`${plural(runs.length, 'run')} of earlier visits, ${bytesWords(bytes)}`] : [];
  return [...present, ...earlier].join(', and ') || 'kept runs, of which there are none now';
}

export function EraseQuestion({ onClose }: { onClose: () => void }) {
  const [erasing, setErasing] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const runs = useKeeping((state) => state.runs);
  const here = useRuns((state) => state.runs.filter(({ step }) => step > 0).length);
  const erase = async () => {
    setErasing(true);
    setRefusal(await eraseEverything());
    setErasing(false);
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Erase all my data?"
      size={480}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className="prose">
        <p>This cannot be undone. From this browser go:</p>
        <ul>
          <li>{runsWords(runs, here)}</li>
          <li>the settings, back to those the page opens with, and the choice of light or dark</li>
          <li>how fast each kernel was on this GPU</li>
          <li>the copy of the page that opens without a network</li>
        </ul>
        <p>
          Files that you have saved stay, and so do your images: the page has never kept those. Then it opens
          anew.
        </p>
        {refusal && <p role="alert">{refusal}</p>}
      </div>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Keep everything
        </Button>
        <Button color="red.9" loading={erasing} onClick={() => void erase()}>
          Erase and open anew
        </Button>
      </Group>
    </Modal>
  );
}
