/** Says what is in the zip that goes on with the run in PyTorch, and what to type there. */
import { Button, Code, Group, List, Modal, Stack } from '@mantine/core';
import { clusterCommands, clusterNotes, saveForCluster } from '../../state/cluster.ts';
import panel from '../panels/panels.module.css';
import { useDataset, useSession } from '../use-stores.ts';

export function ClusterDialog({ onClose }: { onClose: () => void }) {
  const config = useSession((s) => s.runConfig);
  const step = useSession((s) => s.status?.step ?? 0);
  const images = useDataset((s) => s.summary);
  const save = () => {
    saveForCluster();
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Continue on a cluster"
      size={640}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <p className={panel.quiet}>
          A zip with this run as it is now, at step {step}, its settings, and a small PyTorch project that
          goes on from there on as many GPUs or machines as you have: the same network, views, schedules and
          optimizer. Of the images only the paths are in it.
        </p>
        <div>
          <p className={panel.quiet}>Unpacked, on Linux with Python and PyTorch:</p>
          {config && <Code block>{clusterCommands(config)}</Code>}
        </div>
        <List size="sm" className={panel.quiet} spacing={6}>
          {config && clusterNotes(config, images).map((note) => <List.Item key={note}>{note}</List.Item>)}
          <List.Item>
            What it saves opens here again: the run goes on where the cluster stopped. On the same views the
            arithmetic is this page’s; crops and orders are drawn anew.
          </List.Item>
        </List>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={save} data-autofocus>
            Save zip
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
