/** The attention tab: all pinned images at a glance, one picture closer, or a video. */
import { SegmentedControl } from '@mantine/core';
import { type LookMode, showMode } from '../../state/looks.ts';
import { AttentionPanel } from '../panels/AttentionPanel.tsx';
import { useLooks } from '../use-stores.ts';
import { CloserPanel } from './CloserPanel.tsx';
import classes from './closer.module.css';
import { VideoPanel } from './VideoPanel.tsx';

const MODES: readonly { value: LookMode; label: string }[] = [
  { value: 'pinned', label: 'All pinned images' },
  { value: 'picture', label: 'One picture, closer' },
  { value: 'video', label: 'A video' },
];

export function AttentionTab() {
  const mode = useLooks((state) => state.mode);
  return (
    <>
      <SegmentedControl
        className={classes.views ?? ''}
        size="xs"
        aria-label="How much to show"
        value={mode}
        onChange={showMode}
        data={[...MODES]}
      />
      {mode === 'pinned' && <AttentionPanel />}
      {mode === 'picture' && <CloserPanel />}
      {mode === 'video' && <VideoPanel />}
    </>
  );
}
