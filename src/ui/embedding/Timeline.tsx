/** Back and forth through the kept maps; points move from one to the next. */
import { ActionIcon, Button, Slider } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { KEPT_BYTES, type KeptMap, showMap } from '../../state/embedding.ts';
import panel from '../panels/panels.module.css';
import classes from './embedding.module.css';
import { mapTitle } from './map-title.ts';

/** Time for a map while they are played, milliseconds. */
const EACH = 1100;

interface Props {
  kept: readonly KeptMap[];
  /** The one that is shown. */
  map: KeptMap;
}

export function Timeline({ kept, map }: Props) {
  const [playing, setPlaying] = useState(false);
  const last = kept.length - 1;
  const at = kept.indexOf(map);
  const choose = (index: number) => showMap(index >= last ? null : (kept[index]?.id ?? null));
  useEffect(() => {
    if (!playing) return;
    if (at >= last) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => showMap(at + 1 >= last ? null : (kept[at + 1]?.id ?? null)), EACH);
    return () => clearTimeout(timer);
  }, [playing, at, last, kept]);
  if (last < 1) return null;
  const play = () => {
    if (at >= last) choose(0);
    setPlaying(!playing);
  };
  return (
    <div className={classes.timeline}>
      <ActionIcon
        variant="default"
        size={28}
        aria-label={playing ? 'Stop playing the maps' : 'Play the maps'}
        onClick={play}
      >
        {playing ? <IconPlayerPause size={15} /> : <IconPlayerPlay size={15} />}
      </ActionIcon>
      <Slider
        className={classes.slider ?? ''}
        size="sm"
        min={0}
        max={last}
        step={1}
        value={at}
        onChange={(index) => {
          setPlaying(false);
          choose(index);
        }}
        marks={kept.map((_, value) => ({ value }))}
        label={null}
        thumbLabel="Map"
        thumbValueText={mapTitle(map)}
      />
      <span className={classes.timelineTitle}>{mapTitle(map)}</span>
      <Button variant="subtle" size="compact-xs" disabled={at === last} onClick={() => choose(last)}>
        Newest
      </Button>
      <p className={panel.quiet}>
        Maps are kept within {KEPT_BYTES / 2 ** 20} MiB, the oldest go first. Each starts from the one before
        of its method, turned so that they lie over each other.
      </p>
    </div>
  );
}
