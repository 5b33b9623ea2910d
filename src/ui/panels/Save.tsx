/** What can be taken away: the checkpoint, the metrics, a link that holds every setting. */
import { Button, Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconDownload, IconFileDescription, IconLink, IconStack2 } from '@tabler/icons-react';
import { saveCheckpoint, saveMetrics } from '../../state/actions.ts';
import { flushSettings } from '../../state/sync.ts';
import { useSession } from '../use-stores.ts';

export function SaveMenu() {
  const trained = useSession((s) => s.status !== null && s.status.phase !== 'empty');
  const { copy, copied } = useClipboard({ timeout: 2500 });
  const copyLink = () => {
    flushSettings();
    copy(window.location.href);
  };
  return (
    <Menu position="bottom-end" width={280} shadow="sm" closeOnItemClick={false}>
      <Menu.Target>
        <Button size="xs" h={30} px={10} variant="default" leftSection={<IconDownload size={15} />}>
          Save
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconStack2 size={16} />}
          disabled={!trained}
          onClick={saveCheckpoint}
          aria-label="Save checkpoint"
        >
          Save checkpoint
          <small className="menuNote">Student, teacher and center, safetensors, official names</small>
        </Menu.Item>
        <Menu.Item
          leftSection={<IconFileDescription size={16} />}
          onClick={saveMetrics}
          aria-label="Save metrics"
        >
          Save metrics
          <small className="menuNote">A JSON line a step, the settings first</small>
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={copied ? <IconCheck size={16} /> : <IconLink size={16} />}
          onClick={copyLink}
          aria-label="Copy link"
        >
          {copied ? 'Link copied' : 'Copy link'}
          <small className="menuNote">Opens the page with these settings; images stay here</small>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
