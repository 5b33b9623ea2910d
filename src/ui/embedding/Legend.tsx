/** The groups of a map: a click hides one or shows it again, and each opens as a sheet of images. */
import { ActionIcon, Button } from '@mantine/core';
import { IconLayoutGrid } from '@tabler/icons-react';
import { useState } from 'react';
import type { MapImages } from '../../protocol/embedding.ts';
import { showGroups, toggleGroup } from '../../state/embedding.ts';
import { plural } from '../../state/words.ts';
import { formatCount } from '../charts/format.ts';
import classes from './embedding.module.css';
import { type Groups, idsIn } from './groups.ts';
import type { Opened } from './MapCanvas.tsx';

interface Props {
  groups: Groups;
  colors: readonly string[];
  hidden: ReadonlySet<number>;
  images: MapImages;
  onOpen: (opened: Opened) => void;
}

/** Groups that are listed before all are asked for. */
const FIRST = 24;

export function Legend({ groups, colors, hidden, images, onOpen }: Props) {
  const [all, setAll] = useState(false);
  const order = groups.names
    .map((name, group) => ({ name, group, count: groups.counts[group] ?? 0 }))
    .filter(({ count }) => count > 0);
  const listed = all ? order : order.slice(0, FIRST);
  return (
    <ul className={classes.legend} aria-label="Groups of the map">
      {listed.map(({ name, group, count }) => (
        <li key={group} data-hidden={hidden.has(group)}>
          <button
            type="button"
            className={classes.group}
            aria-pressed={!hidden.has(group)}
            title={hidden.has(group) ? `Show ${name}` : `Hide ${name}; double-click for this one alone`}
            onClick={() => toggleGroup(group)}
            onDoubleClick={() => showGroups(group, groups.names.length)}
          >
            <i className={classes.dot} style={{ background: colors[group] }} />
            <span className={classes.groupName}>{name}</span>
            <span className={classes.count}>{formatCount(count)}</span>
          </button>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="xs"
            aria-label={`Images of ${name}`}
            title={`Images of ${name}`}
            onClick={() =>
              onOpen({ title: `${plural(count, 'image')}: ${name}`, ids: idsIn(groups, group, images) })
            }
          >
            <IconLayoutGrid size={13} aria-hidden="true" />
          </ActionIcon>
        </li>
      ))}
      {order.length > listed.length && (
        <li>
          <Button variant="subtle" size="compact-xs" onClick={() => setAll(true)}>
            {order.length - listed.length} more
          </Button>
        </li>
      )}
      {hidden.size > 0 && (
        <li>
          <Button variant="subtle" size="compact-xs" onClick={() => showGroups(null, groups.names.length)}>
            Show all
          </Button>
        </li>
      )}
    </ul>
  );
}
