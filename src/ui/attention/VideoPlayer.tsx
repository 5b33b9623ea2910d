/** The frame that is shown, the map over it, all heads beside it, and the controls that play them. */
import { ActionIcon, SegmentedControl, Slider } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import type { Video, VideoLook } from '../../protocol/videos.ts';
import { clock } from '../../state/video-text.ts';
import { pauseVideo, placeOf, play, playOn, secondsOf, showFrame, videosStore } from '../../state/videos.ts';
import pictures from '../panels/pictures.module.css';
import { useVideos } from '../use-stores.ts';
import classes from './closer.module.css';
import type { Drawing } from './DrawingTools.tsx';
import { mapsOf } from './look-maps.ts';
import { useLookStyle } from './map-style.ts';
import { VideoHeads } from './VideoHeads.tsx';
import { VideoLegend } from './VideoLegend.tsx';
import { VideoScreen } from './VideoScreen.tsx';
import { chosenStyle, resultOf, stylesOf } from './video-maps.ts';

interface Props {
  video: Video;
  look: VideoLook;
  drawing: Drawing;
}

export function VideoPlayer({ video, look, drawing }: Props) {
  const { ref, width } = useElementSize();
  const frames = useVideos((state) => state.frames);
  const place = useVideos(placeOf);
  const head = useVideos((state) => state.head);
  const beside = useVideos((state) => state.beside);
  const style = useLookStyle(drawing);
  const styles = useMemo(() => stylesOf(frames, look, video, style), [frames, look, video, style]);
  const frame = frames[place];
  if (!frame) return null;
  const result = resultOf(frame, look, video);
  const maps = mapsOf(result, head);
  const chosen = maps && chosenStyle(maps, styles);
  return (
    <div ref={ref}>
      {width > 0 && (
        <>
          <VideoScreen
            result={result}
            maps={maps}
            styles={styles}
            opacity={style.opacity}
            beside={beside}
            room={{ width, height: 380 }}
          />
          <Controls look={look} />
          {maps && maps.all.length > 1 && (
            <VideoHeads result={result} maps={maps} styles={styles} room={{ width, height: 260 }} />
          )}
          {chosen && <VideoLegend style={chosen} patches={look.rows * look.columns} />}
        </>
      )}
    </div>
  );
}

const SPEEDS = ['0.25', '0.5', '1', '2'];

/** Shows one frame after the other for as long as each stands, while it plays. */
function usePlayback(speed: number): void {
  const playing = useVideos((state) => state.playing);
  const place = useVideos(placeOf);
  const waits = useVideos((state) => state.awaited !== null && placeOf(state) >= state.frames.length - 1);
  useEffect(() => {
    // More frames are to come; the next one goes on.
    if (!playing || waits) return;
    const wait = (1000 * secondsOf(videosStore.getState(), place)) / speed;
    const timer = setTimeout(playOn, wait);
    return () => clearTimeout(timer);
  }, [playing, place, waits, speed]);
}

function Controls({ look }: { look: VideoLook }) {
  const playing = useVideos((state) => state.playing);
  const place = useVideos(placeOf);
  const frames = useVideos((state) => state.frames);
  const beside = useVideos((state) => state.beside);
  const [speed, setSpeed] = useState('1');
  usePlayback(Number(speed));
  const last = frames.length - 1;
  const time = clock(frames[place]?.time ?? look.from);
  return (
    <div className={classes.player}>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={playing ? 'Pause the video' : 'Play the video'}
        disabled={last < 1}
        onClick={playing ? pauseVideo : play}
      >
        {playing ? (
          <IconPlayerPauseFilled size={18} aria-hidden="true" />
        ) : (
          <IconPlayerPlayFilled size={18} aria-hidden="true" />
        )}
      </ActionIcon>
      <Slider
        className={classes.frames ?? ''}
        size="sm"
        min={0}
        max={Math.max(1, last)}
        step={1}
        value={last < 1 ? 1 : place}
        disabled={last < 1}
        onChange={showFrame}
        label={null}
        thumbLabel="Frame"
        thumbValueText={`frame ${place + 1} of ${frames.length}, at ${time}`}
      />
      <span className={classes.time}>
        {place + 1} / {frames.length} · {time}
      </span>
      <span className={pictures.tool}>
        Speed
        <SegmentedControl
          size="xs"
          aria-label="Speed"
          value={speed}
          onChange={setSpeed}
          data={SPEEDS.map((value) => ({ value, label: `${value} ×` }))}
        />
      </span>
      <SegmentedControl
        size="xs"
        aria-label="The frame beside its map"
        value={beside ? 'beside' : 'alone'}
        onChange={(value) => videosStore.setState({ beside: value === 'beside' })}
        data={[
          { value: 'beside', label: 'Side by side' },
          { value: 'alone', label: 'Map alone' },
        ]}
      />
    </div>
  );
}
