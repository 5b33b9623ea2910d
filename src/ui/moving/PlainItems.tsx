/** Items of the File menu for metrics and settings, as the programs of others read them. */
import { Menu } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import {
  IconAdjustments,
  IconAdjustmentsCode,
  IconChartLine,
  IconCheck,
  IconFileDescription,
  IconLink,
  IconTable,
} from '@tabler/icons-react';
import {
  saveMetrics,
  saveMetricsEvents,
  saveMetricsTable,
  saveSettingsJson,
  saveSettingsYaml,
} from '../../state/moving-save.ts';
import { flushSettings } from '../../state/sync.ts';
import { FileItem } from './FileItem.tsx';

export function MetricsItems() {
  return (
    <>
      <Menu.Label>Metrics of the run</Menu.Label>
      <FileItem
        name="Save metrics"
        note="JSON lines: the settings, then a line a step"
        icon={IconFileDescription}
        onClick={() => void saveMetrics()}
      />
      <FileItem
        name="Save metrics as a table"
        note="CSV: a line a step, k-NN scores beside them"
        icon={IconTable}
        onClick={() => void saveMetricsTable()}
      />
      <FileItem
        name="Save metrics for TensorBoard"
        note="An event file: put it into a folder, tensorboard --logdir"
        icon={IconChartLine}
        onClick={() => void saveMetricsEvents()}
      />
    </>
  );
}

export function SettingsItems() {
  return (
    <>
      <Menu.Label>Settings</Menu.Label>
      <FileItem
        name="Save settings"
        note="JSON: all of them, to open again here"
        icon={IconAdjustments}
        onClick={saveSettingsJson}
      />
      <FileItem
        name="Save settings as YAML"
        note="Under the key names of the PyTorch Lightning recipe"
        icon={IconAdjustmentsCode}
        onClick={() => void saveSettingsYaml()}
      />
      <CopyLink />
    </>
  );
}

function CopyLink() {
  const { copy, copied } = useClipboard({ timeout: 2500 });
  const copyLink = () => {
    flushSettings();
    copy(window.location.href);
  };
  return (
    <FileItem
      name="Copy link"
      shown={copied ? 'Link copied' : 'Copy link'}
      note="Opens the page with these settings; images stay here"
      icon={copied ? IconCheck : IconLink}
      closeMenuOnClick={false}
      onClick={copyLink}
    />
  );
}
