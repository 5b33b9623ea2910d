/** Train or Pause, Step, Reset: the run's four buttons, three at a time. */
import { Button, Tooltip } from '@mantine/core';
import {
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerTrackNext,
  IconRotateClockwise,
} from '@tabler/icons-react';
import type { Phase } from '../../protocol/values.ts';
import { pause, step, train } from '../../state/actions.ts';
import { useSession } from '../use-stores.ts';

/** Phases in which the network can take a step. */
export const steppable: readonly Phase[] = ['idle', 'paused'];
export const atWork: readonly Phase[] = ['preparing', 'running'];

export function RunControls({ onReset }: { onReset: () => void }) {
  const phase = useSession((s) => s.status?.phase ?? 'empty');
  const ready = steppable.includes(phase);
  return (
    <fieldset className="controls bare" aria-label="Run">
      {atWork.includes(phase) ? (
        <Tooltip label="Pause after this step (space)">
          <Button
            w={96}
            size="xs"
            h={32}
            variant="light"
            leftSection={<IconPlayerPauseFilled size={14} />}
            onClick={pause}
          >
            Pause
          </Button>
        </Tooltip>
      ) : (
        <Tooltip label={trainHint(phase)}>
          <Button
            w={96}
            size="xs"
            h={32}
            leftSection={<IconPlayerPlayFilled size={14} />}
            disabled={!ready}
            onClick={train}
          >
            Train
          </Button>
        </Tooltip>
      )}
      <Tooltip label="One step, then pause ( . )">
        <Button
          size="xs"
          h={32}
          px={10}
          variant="default"
          leftSection={<IconPlayerTrackNext size={14} />}
          disabled={!ready}
          onClick={step}
        >
          Step
        </Button>
      </Tooltip>
      <Tooltip label="Begin anew with the settings as they are now (r)">
        <Button
          size="xs"
          h={32}
          px={10}
          variant="default"
          leftSection={<IconRotateClockwise size={14} />}
          disabled={phase === 'empty' || phase === 'preparing'}
          onClick={onReset}
        >
          Reset
        </Button>
      </Tooltip>
    </fieldset>
  );
}

function trainHint(phase: Phase): string {
  if (phase === 'empty') return 'Waits for images';
  if (phase === 'finished') return 'The run is finished: Reset begins a new one';
  if (phase === 'fault') return 'The run stopped: Reset begins a new one';
  return 'Train until the planned steps are done (space)';
}
