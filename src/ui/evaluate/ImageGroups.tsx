/** Groups of images: a strip of the first of each, all of one in a window, more groups when asked for. */
import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { plural } from '../../state/words.ts';
import { Thumbnail } from '../panels/Thumbnail.tsx';
import classes from './evaluate.module.css';
import { ImageSheet } from './ImageSheet.tsx';

/** Images shown of a group before all of them are asked for. */
const FIRST = 7;
/** Groups shown, and added when more are asked for. */
const GROUPS = 24;

export interface ImageGroup {
  ids: readonly number[];
  /** What is said of it beside the number of its images. */
  about: ReactNode;
}

/** @param name what one group is called: "cluster". */
export function ImageGroups({ name, groups }: { name: string; groups: readonly ImageGroup[] }) {
  const [open, setOpen] = useState<number | null>(null);
  const [shown, setShown] = useState(GROUPS);
  const opened = open === null ? undefined : groups[open];
  return (
    <>
      <ol className={classes.groups}>
        {groups.slice(0, shown).map(({ ids, about }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a group is its place in the result
          <li key={i}>
            <p className={classes.groupHead}>
              <b>{plural(ids.length, 'image')}</b>
              {about}
              <Button
                variant="subtle"
                size="compact-xs"
                aria-label={`All images of ${name} ${i + 1}`}
                onClick={() => setOpen(i)}
              >
                All
              </Button>
            </p>
            <div className={classes.strip}>
              {ids.slice(0, FIRST).map((id) => (
                <Thumbnail key={id} id={id} side={44} />
              ))}
            </div>
          </li>
        ))}
      </ol>
      {groups.length > shown && (
        <Button variant="default" size="compact-sm" onClick={() => setShown((count) => count + GROUPS)}>
          More of the {plural(groups.length, name)}
        </Button>
      )}
      {opened && (
        <ImageSheet
          title={`${name.charAt(0).toUpperCase()}${name.slice(1)} ${(open ?? 0) + 1}: ${plural(opened.ids.length, 'image')}`}
          ids={opened.ids}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}
