/** The frame of a panel: its heading, a figure beside it, and the answer to "what am I looking at?". */
import { ActionIcon, Popover, Text } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { type ReactNode, useId } from 'react';
import classes from './panels.module.css';

interface Props {
  title: string;
  /** The newest figure, beside the heading. */
  figure?: ReactNode;
  /** One paragraph. */
  about: string;
  /** Where the paragraph's claims come from. */
  source: string;
  children: ReactNode;
}

export function PanelFrame({ title, figure, about, source, children }: Props) {
  const id = useId();
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <header className={classes.heading}>
        <h2 id={id} className={classes.title}>
          {title}
        </h2>
        <About title={title} about={about} source={source} />
        <div className={classes.figure}>{figure}</div>
      </header>
      {children}
    </section>
  );
}

export function About({ title, about, source }: { title: string; about: string; source: string }) {
  return (
    <Popover width={340} position="bottom-start" shadow="md" withArrow trapFocus={false}>
      <Popover.Target>
        {/* The title is its description and not its name: only the run's button is named after training. */}
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="What am I looking at?" title={title}>
          <IconInfoCircle size={16} aria-hidden="true" />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm">{about}</Text>
        <Text size="xs" c="dimmed" mt={8}>
          {source}
        </Text>
      </Popover.Dropdown>
    </Popover>
  );
}
