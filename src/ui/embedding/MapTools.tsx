/** Buttons on a map: how large it is drawn, and what dragging does. */
import { ActionIcon } from '@mantine/core';
import { IconFocusCentered, IconHandMove, IconLasso, IconMinus, IconPlus } from '@tabler/icons-react';
import { memo, type ReactNode } from 'react';
import classes from './embedding.module.css';

interface Props {
  lasso: boolean;
  onLasso: (lasso: boolean) => void;
  /** null for the whole map. */
  onZoom: (factor: number | null) => void;
}

/** One press enlarges by this. */
export const STEP = 1.4;

export const MapTools = memo(function MapTools({ lasso, onLasso, onZoom }: Props) {
  return (
    <div className={classes.tools}>
      <ActionIcon.Group orientation="vertical">
        <Tool label="Zoom in" onClick={() => onZoom(STEP)}>
          <IconPlus size={16} />
        </Tool>
        <Tool label="Zoom out" onClick={() => onZoom(1 / STEP)}>
          <IconMinus size={16} />
        </Tool>
        <Tool label="Show the whole map" onClick={() => onZoom(null)}>
          <IconFocusCentered size={16} />
        </Tool>
      </ActionIcon.Group>
      <ActionIcon.Group orientation="vertical">
        <Tool label="Dragging moves the map" pressed={!lasso} onClick={() => onLasso(false)}>
          <IconHandMove size={16} />
        </Tool>
        <Tool label="Dragging draws a line around images" pressed={lasso} onClick={() => onLasso(true)}>
          <IconLasso size={16} />
        </Tool>
      </ActionIcon.Group>
    </div>
  );
});

interface ToolProps {
  label: string;
  pressed?: boolean;
  onClick: () => void;
  children: ReactNode;
}

function Tool({ label, pressed, onClick, children }: ToolProps) {
  return (
    <ActionIcon
      variant={pressed ? 'filled' : 'default'}
      size={30}
      aria-label={label}
      title={label}
      {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      onClick={onClick}
    >
      {children}
    </ActionIcon>
  );
}
