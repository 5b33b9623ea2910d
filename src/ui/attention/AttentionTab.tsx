/** The attention tab: all pinned images at a glance, or one picture closer. */
import { SegmentedControl } from '@mantine/core';
import { showCloser } from '../../state/looks.ts';
import { AttentionPanel } from '../panels/AttentionPanel.tsx';
import { useLooks } from '../use-stores.ts';
import { CloserPanel } from './CloserPanel.tsx';
import classes from './closer.module.css';

export function AttentionTab() {
  const closer = useLooks((state) => state.closer);
  return (
    <>
      <SegmentedControl
        className={classes.views ?? ''}
        size="xs"
        aria-label="How much to show"
        value={closer ? 'closer' : 'pinned'}
        onChange={(value) => showCloser(value === 'closer')}
        data={[
          { value: 'pinned', label: 'All pinned images' },
          { value: 'closer', label: 'One picture, closer' },
        ]}
      />
      {closer ? <CloserPanel /> : <AttentionPanel />}
    </>
  );
}
