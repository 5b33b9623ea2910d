/** Opens a file of settings: what would be taken, and what not and why, before anything changes. */
import { Button, FileButton, Group, Modal, Table } from '@mantine/core';
import { settingLabel } from '../../config/forks.ts';
import type { SettingsReading } from '../../config/settings-file.ts';
import { SETTINGS_FILES } from '../../state/moving-drop.ts';
import { closeSettings, openSettings, takeSettings } from '../../state/moving-settings.ts';
import { formatCount } from '../charts/format.ts';
import panel from '../panels/panels.module.css';
import { useMoving } from '../use-stores.ts';
import classes from './moving.module.css';

export function OpenSettings() {
  const settings = useMoving((s) => s.settings);
  return (
    <Modal
      opened
      onClose={closeSettings}
      title={settings?.name ?? 'Open settings'}
      size={640}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {!settings && (
        <p className="prose">
          A file of settings as they are saved here (JSON), or of the key names of the PyTorch Lightning
          recipe (YAML). What is found in it is shown before anything changes.
        </p>
      )}
      {settings && !settings.reading && !settings.refusal && <p role="status">Reading…</p>}
      {settings?.refusal && (
        <p className={classes.refusal} role="alert">
          {settings.refusal}
        </p>
      )}
      {settings?.reading ? (
        <Reading reading={settings.reading} />
      ) : (
        <Group justify="flex-end" mt="md">
          <FileButton accept={SETTINGS_FILES} onChange={(file) => file && void openSettings(file)}>
            {(props) => (
              <Button {...props} data-autofocus>
                Choose a file
              </Button>
            )}
          </FileButton>
        </Group>
      )}
    </Modal>
  );
}

function Reading({ reading: { taken, unknown, refused } }: { reading: SettingsReading }) {
  return (
    <>
      <Table aria-label="Keys" verticalSpacing={4}>
        <Table.Tbody>
          <Counted label="Settings that are taken" count={taken.length} note="all others stay as they are" />
          <Counted
            label="Without a counterpart"
            count={unknown.length}
            note="keys that nothing here stands for"
          />
          <Counted label="Refused" count={refused.length} note="values that no setting takes" />
        </Table.Tbody>
      </Table>
      <ul className={classes.lines} aria-label="Not taken">
        {unknown.map((key) => (
          <li key={key}>
            <code>{key}</code> has no counterpart.
          </li>
        ))}
        {refused.map(({ key, value, reason }) => (
          <li key={key}>
            <code>{key}</code> cannot be <code>{value}</code>: {reason}.
          </li>
        ))}
      </ul>
      <details className={classes.names}>
        <summary>What is taken</summary>
        <ul>
          {taken.map(({ key, setting, value }) => (
            <li key={setting}>
              {key}: {String(value)} → {labelOf(setting)}
            </li>
          ))}
        </ul>
      </details>
      <p className={panel.quiet}>
        They hold at once before the first step of a run; during one they wait for the next.
      </p>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={closeSettings}>
          Cancel
        </Button>
        <Button disabled={taken.length === 0} onClick={takeSettings} data-autofocus>
          Take these settings
        </Button>
      </Group>
    </>
  );
}

function labelOf(setting: string): string {
  const [group = '', name = ''] = setting.split('.');
  return settingLabel(group, name);
}

function Counted({ label, count, note }: { label: string; count: number; note: string }) {
  return (
    <Table.Tr>
      <Table.Th scope="row">{label}</Table.Th>
      <Table.Td className={classes.number}>{formatCount(count)}</Table.Td>
      <Table.Td>{note}</Table.Td>
    </Table.Tr>
  );
}
