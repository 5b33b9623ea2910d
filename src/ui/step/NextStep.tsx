/** The button that takes the next step apart, and what it says while that is under way. */
import { Button } from '@mantine/core';
import { IconStack2 } from '@tabler/icons-react';
import { dissectNextStep } from '../../state/dissecting.ts';
import { useAnatomy, useSession } from '../use-stores.ts';

export function NextStep({ emphasised, first = false }: { emphasised: boolean; first?: boolean }) {
  const awaited = useAnatomy((state) => state.awaited !== null);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const possible = phase === 'idle' || phase === 'running' || phase === 'paused' || phase === 'preparing';
  return (
    <Button
      size="md"
      variant={emphasised ? 'filled' : 'default'}
      leftSection={<IconStack2 size={20} aria-hidden="true" />}
      loading={awaited}
      disabled={!possible}
      onClick={dissectNextStep}
    >
      {first ? 'Take a step apart' : 'Next step'}
    </Button>
  );
}
