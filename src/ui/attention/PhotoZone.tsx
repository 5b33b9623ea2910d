/** Where a photo or a video can be dropped to be looked at, while a drop anywhere else brings images to train on. */
import { type DragEvent, type ReactNode, useState } from 'react';
import { openMedia } from '../../state/video-looking.ts';
import classes from './closer.module.css';

const carriesFiles = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes('Files');

export function PhotoZone({ children }: { children: ReactNode }) {
  const [over, setOver] = useState(false);
  const take = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    // Prevented, it is no longer the whole page's to take.
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    setOver(true);
  };
  const drop = (event: DragEvent) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setOver(false);
    const [file] = event.dataTransfer.files;
    if (file) void openMedia(file);
  };
  return (
    <section
      className={classes.zone}
      data-over={over}
      aria-label="Drop a photo or a video here to look at it"
      onDragEnter={take}
      onDragOver={take}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      {children}
      <p className={classes.invitation} aria-hidden="true">
        Drop a photo or a video here to look at it, without training on it
        <small>Anywhere else: images to train on</small>
      </p>
    </section>
  );
}
