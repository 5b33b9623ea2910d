/** What can be done with the states of a kept run: go on from one, or give it away as a file. */
import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import type { KeptRun } from '../../protocol/keeping.ts';
import { exportKept, goOnWith } from '../../state/keeping-actions.ts';
import { bestWords } from '../../state/keeping-text.ts';
import { useKeeping, useSession } from '../use-stores.ts';

interface Props {
  run: KeptRun;
  /** Stands out from the others: the first of them is what most people want. */
  leading: boolean;
  children?: ReactNode;
}

/** @param children what else can be done, after the ways to go on. */
export function StateButtons({ run, leading, children }: Props) {
  const resuming = useKeeping((state) => state.resuming);
  const opened = useSession((state) => state.backend !== null);
  const best = bestWords(run);
  const disabled = !opened || resuming;
  return (
    <>
      <Button
        size="compact-sm"
        variant={leading ? 'filled' : 'default'}
        loading={leading && resuming}
        disabled={disabled}
        aria-label={`Go on with ${run.name}, kept`}
        onClick={() => goOnWith(run, 'newest')}
      >
        Go on
      </Button>
      {best && (
        <Button
          size="compact-sm"
          variant="default"
          disabled={disabled}
          aria-label={`Go on from the best (${best}) of ${run.name}, kept`}
          onClick={() => goOnWith(run, 'best')}
        >
          Go on from the best ({best})
        </Button>
      )}
      {children}
      <Group gap={6} wrap="nowrap">
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          aria-label={`Export ${run.name}, kept`}
          onClick={() => exportKept(run, 'newest')}
        >
          Export
        </Button>
        {best && (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            aria-label={`Export the best (${best}) of ${run.name}, kept`}
            onClick={() => exportKept(run, 'best')}
          >
            Export the best
          </Button>
        )}
      </Group>
    </>
  );
}
