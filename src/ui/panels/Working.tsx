/** Long work under way: how far it is, what it is at, and a way to end it. */
import { Button, Progress } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import classes from './working.module.css';

interface Props {
  text: string;
  /** 0 to 1; null where nobody knows. */
  share: number | null;
  /** Of the bar, for who does not see it. */
  progressName: string;
  stageId: string;
  cancel: string;
  /** Of the button, where what it shows is not enough. */
  cancelName?: string;
  onCancel: () => void;
}

export function Working({
  text,
  share,
  progressName,
  stageId,
  cancel,
  cancelName = cancel,
  onCancel,
}: Props) {
  return (
    <div className={classes.working}>
      <Progress
        className={classes.progress ?? ''}
        size="sm"
        value={share === null ? 100 : 100 * share}
        animated={share === null}
        aria-label={progressName}
      />
      <span className={classes.stage} data-testid={stageId}>
        {text}
      </span>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconX size={14} aria-hidden="true" />}
        aria-label={cancelName}
        onClick={onCancel}
      >
        {cancel}
      </Button>
    </div>
  );
}
