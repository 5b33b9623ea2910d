/** The File menu's way to a cluster. */
import { IconServer2 } from '@tabler/icons-react';
import { showDialog } from '../../state/moving.ts';
import { FileItem } from '../moving/FileItem.tsx';

export function ClusterItem({ disabled }: { disabled: boolean }) {
  return (
    <FileItem
      name="Continue on a cluster…"
      note="The run with a PyTorch project that goes on with it"
      icon={IconServer2}
      disabled={disabled}
      onClick={() => showDialog('cluster')}
    />
  );
}
