/** Asks before steps are given up. */
import { Button, Group, Modal } from '@mantine/core';
import { reset } from '../../state/actions.ts';
import { saveRun } from '../../state/moving-actions.ts';
import { plural } from '../../state/words.ts';
import { useSession } from '../use-stores.ts';

export function ResetQuestion({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const step = useSession((s) => s.status?.step ?? 0);
  const confirm = () => {
    onClose();
    reset();
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Begin anew?"
      size={460}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <p className="prose">
        A new run begins. This one, of {plural(step, 'step')}, stays in the Runs tab with its curves and, as
        far as memory goes, its state to go on from; this browser keeps its newest state beyond this visit.
        Saved as a file it can be gone on with at any time.
      </p>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="subtle" color="gray" onClick={saveRun}>
          Save the run
        </Button>
        <Button variant="default" onClick={onClose}>
          Go on
        </Button>
        <Button onClick={confirm} data-autofocus>
          Begin anew
        </Button>
      </Group>
    </Modal>
  );
}
