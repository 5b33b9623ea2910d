/** Says that new runs start from weights, and lets them go. */
import { Button } from '@mantine/core';
import { IconWeight } from '@tabler/icons-react';
import { letWeightsGo } from '../../state/moving-actions.ts';
import { useMoving } from '../use-stores.ts';

export function StartNotice() {
  const start = useMoving((s) => s.start);
  if (!start) return null;
  return (
    <div className="notice" role="note" aria-label="Weights to start from">
      <IconWeight size={18} aria-hidden="true" />
      <div>
        New runs start from <b>{start.name}</b> ({start.network}).
      </div>
      <Button size="compact-xs" variant="default" onClick={letWeightsGo}>
        Let the weights go
      </Button>
    </div>
  );
}
