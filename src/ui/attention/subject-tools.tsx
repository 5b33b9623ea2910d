/** Which network and which block is looked at, and what of it. */
import { Slider } from '@mantine/core';
import pictures from '../panels/pictures.module.css';
import classes from './closer.module.css';

export const NETWORKS = [
  { value: 'teacher', label: 'Teacher' },
  { value: 'student', label: 'Student' },
  { value: 'untrained', label: 'Untrained' },
] as const;

export const SHOWN = [
  { value: 'heads', label: 'Attention' },
  { value: 'rollout', label: 'Rollout' },
  { value: 'colors', label: 'PCA colors' },
] as const;

interface Props {
  /** From 0; null for the last. */
  block: number | null;
  blocks: number;
  onChange: (block: number) => void;
}

/** Nothing where there is no choice. */
export function Blocks({ block: wanted, blocks, onChange }: Props) {
  if (blocks === 1) return null;
  const block = Math.min(wanted ?? blocks - 1, blocks - 1);
  return (
    <span className={pictures.tool}>
      Block
      <Slider
        w={Math.min(180, 40 + 16 * blocks)}
        size="sm"
        min={1}
        max={blocks}
        step={1}
        value={block + 1}
        onChange={(value) => onChange(value - 1)}
        label={null}
        thumbLabel="Block"
      />
      <span className={classes.block}>
        {block + 1} of {blocks}
      </span>
    </span>
  );
}
