/** A line above the columns that can be put away. */
import { CloseButton } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface Props {
  /** Of a note; null for an alert, which is read out at once. */
  label: string | null;
  /** What the closing button is called. */
  closes?: string;
  onDismiss: () => void;
  children: ReactNode;
}

export function Notice({ label, closes = 'Dismiss the notice', onDismiss, children }: Props) {
  const Icon = label === null ? IconAlertTriangle : IconInfoCircle;
  return (
    <div className="notice" {...(label === null ? { role: 'alert' } : { role: 'note', 'aria-label': label })}>
      <Icon size={18} aria-hidden="true" />
      <div>{children}</div>
      <CloseButton size="sm" aria-label={closes} onClick={onDismiss} />
    </div>
  );
}
