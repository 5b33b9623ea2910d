/** The bar at the top: name, run controls, figures of the run, backend, light or dark, help. */
import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { IconHelp, IconMoon, IconSun } from '@tabler/icons-react';
import { FileMenu } from './moving/FileMenu.tsx';
import { RunControls } from './panels/RunControls.tsx';

import { BackendChip, Figures } from './panels/Status.tsx';

export function TopBar({ onHelp, onReset }: { onHelp: () => void; onReset: () => void }) {
  return (
    <header className="bar">
      <h1 className="brand">
        <Mark />
        DINO Playground
      </h1>
      <RunControls onReset={onReset} />
      <Figures />
      <div className="barEnd">
        <FileMenu />
        <BackendChip />
        <SchemeToggle />
        <Tooltip label="Keys and help (?)">
          <ActionIcon variant="subtle" color="gray" size={30} aria-label="Help" onClick={onHelp}>
            <IconHelp size={18} />
          </ActionIcon>
        </Tooltip>
      </div>
    </header>
  );
}

function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <Tooltip label={`Switch to ${other}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={30}
        aria-label={`Switch to ${other} colors`}
        onClick={() => setColorScheme(other)}
      >
        {scheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

/** Two nested crops of one picture, student within teacher. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <rect
        x="1.25"
        y="1.25"
        width="19.5"
        height="19.5"
        rx="4"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
      />
      <rect x="9.5" y="9.5" width="7.5" height="7.5" rx="1.5" fill="currentColor" />
      <circle cx="6.6" cy="6.6" r="1.9" fill="currentColor" />
    </svg>
  );
}
