/** The one place where everything that goes in or out is found. Items of other rooms of the page come from their files. */
import { Button, Menu } from '@mantine/core';
import {
  IconAdjustments,
  IconFile,
  IconFolderOpen,
  IconPlayerTrackNext,
  IconReportAnalytics,
  IconStack2,
  IconWeight,
} from '@tabler/icons-react';
import { saveCheckpoint } from '../../state/actions.ts';
import { showDialog } from '../../state/moving.ts';
import { saveRun } from '../../state/moving-actions.ts';
import { saveReport } from '../../state/moving-report.ts';
import { ClusterItem } from '../cluster/ClusterItem.tsx';
import { EraseItem } from '../keeping/EraseQuestion.tsx';
import { useSession } from '../use-stores.ts';
import { FileItem } from './FileItem.tsx';
import { MetricsItems, SettingsItems } from './PlainItems.tsx';

/** The menu's content is gone once it closes: a dialog that an item opens is mounted elsewhere. */
export function FileMenu() {
  const trained = useSession((s) => s.status !== null && s.status.phase !== 'empty');
  return (
    <Menu position="bottom-end" width={400} shadow="sm">
      <Menu.Target>
        <Button size="xs" h={30} px={10} variant="default" leftSection={<IconFile size={15} />}>
          File
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah="80vh" style={{ overflowY: 'auto' }}>
        <Menu.Label>Bring in</Menu.Label>
        <FileItem
          name="Open weights or a run…"
          note="Safetensors: official, timm, Hugging Face, or a run saved here"
          icon={IconFolderOpen}
          onClick={() => showDialog('open')}
        />
        <FileItem
          name="Open settings…"
          note="JSON as it is saved here, or YAML of the recipe"
          icon={IconAdjustments}
          onClick={() => showDialog('settings')}
        />
        <Menu.Divider />
        <Menu.Label>The run</Menu.Label>
        <FileItem
          name="Save run"
          note="All of it, to go on with bit for bit; safetensors"
          icon={IconPlayerTrackNext}
          disabled={!trained}
          onClick={saveRun}
        />
        <ClusterItem disabled={!trained} />
        <FileItem
          name="Save weights…"
          note="One backbone, under official, timm or Hugging Face names"
          icon={IconWeight}
          disabled={!trained}
          onClick={() => showDialog('save-weights')}
        />
        <FileItem
          name="Save checkpoint"
          note="Student, teacher and center with heads, official names"
          icon={IconStack2}
          disabled={!trained}
          onClick={saveCheckpoint}
        />
        <FileItem
          name="Save report"
          note="One page of HTML: settings, curves, crops, heads, scores"
          icon={IconReportAnalytics}
          disabled={!trained}
          onClick={() => void saveReport()}
        />
        <Menu.Divider />
        <MetricsItems />
        <Menu.Divider />
        <SettingsItems />
        <Menu.Divider />
        <EraseItem />
      </Menu.Dropdown>
    </Menu>
  );
}
