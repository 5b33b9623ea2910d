/** The video's controls: which file, how many frames of it, through which network, what to show. */
import { Button, FileButton, NumberInput, Progress, SegmentedControl } from '@mantine/core';
import { IconRefresh, IconX } from '@tabler/icons-react';
import { RATES } from '../../core/video-plan.ts';
import { cancelVideo, lookAtVideo, openMedia } from '../../state/video-looking.ts';
import { progressInWords, videoInWords } from '../../state/video-text.ts';
import { isOutdated, wishForVideo } from '../../state/videos.ts';
import pictures from '../panels/pictures.module.css';
import { useDataset, useVideos } from '../use-stores.ts';
import classes from './closer.module.css';
import type { Drawing } from './DrawingTools.tsx';
import { SaveVideo } from './SaveVideo.tsx';
import { Blocks, NETWORKS, SHOWN } from './subject-tools.tsx';

const GRIDS = [
  { value: 'trained', label: 'As trained' },
  { value: '20', label: '20' },
  { value: '30', label: '30' },
  { value: '60', label: '60 patches' },
];

export function VideoTools({ drawing }: { drawing: Drawing }) {
  const video = useVideos((state) => state.video);
  const wish = useVideos((state) => state.wish);
  const blocks = useVideos((state) => state.look?.blocks ?? null);
  return (
    <>
      <div className={pictures.toolbar}>
        <FileButton
          accept="video/*,.mkv"
          onChange={(file) => file && void openMedia(file)}
          inputProps={{ 'aria-label': 'Video file' }}
        >
          {(props) => (
            <Button {...props} variant="default" size="compact-sm">
              Open a video
            </Button>
          )}
        </FileButton>
        {video && (
          <>
            <span className={classes.name}>{video.name}</span>
            <span className={classes.details}>{videoInWords(video)}</span>
            <SaveVideo drawing={drawing} />
          </>
        )}
      </div>
      {video && (
        <>
          <div className={pictures.toolbar}>
            <SegmentedControl
              size="xs"
              aria-label="Which network"
              value={wish.network}
              onChange={(network) => wishForVideo({ network })}
              data={[...NETWORKS]}
            />
            <SegmentedControl
              size="xs"
              aria-label="What to show"
              value={wish.show}
              onChange={(show) => wishForVideo({ show })}
              data={[...SHOWN]}
            />
            {blocks !== null && (
              <Blocks block={wish.block} blocks={blocks} onChange={(block) => wishForVideo({ block })} />
            )}
          </div>
          <div className={pictures.toolbar}>
            <SegmentedControl
              size="xs"
              aria-label="Patches of the longer side, at most"
              value={String(wish.patches ?? 'trained')}
              onChange={(value) => wishForVideo({ patches: value === 'trained' ? null : Number(value) })}
              data={GRIDS}
            />
            <SegmentedControl
              size="xs"
              aria-label="Frames a second"
              value={String(wish.rate)}
              onChange={(value) => wishForVideo({ rate: Number(value) })}
              data={RATES.map((rate) => ({
                value: String(rate),
                label: rate === 8 ? '8 frames a second' : String(rate),
              }))}
            />
            <Beginning seconds={video.seconds} />
            <Action />
          </div>
        </>
      )}
    </>
  );
}

function Beginning({ seconds }: { seconds: number }) {
  const start = useVideos((state) => state.wish.start);
  return (
    <span className={pictures.tool}>
      From second
      <NumberInput
        size="xs"
        w={76}
        aria-label="From second"
        min={0}
        max={Math.max(0, Math.floor(seconds))}
        step={1}
        clampBehavior="strict"
        value={start}
        onChange={(value) => wishForVideo({ start: Number(value) || 0 })}
      />
    </span>
  );
}

/** Look again where the choices have changed, or cancel with how far it is. */
function Action() {
  const awaited = useVideos((state) => state.awaited);
  const outdated = useVideos(isOutdated);
  const hasImages = useDataset((state) => state.summary !== null);
  if (awaited !== null) return <Working />;
  return (
    <Button
      variant={outdated ? 'filled' : 'default'}
      size="compact-sm"
      leftSection={<IconRefresh size={14} aria-hidden="true" />}
      disabled={!hasImages}
      onClick={lookAtVideo}
    >
      {outdated ? 'Look with these choices' : 'Look again'}
    </Button>
  );
}

function Working() {
  const look = useVideos((state) => state.look);
  const frames = useVideos((state) => state.frames);
  const secondsLeft = useVideos((state) => state.secondsLeft);
  const done = (frames.at(-1)?.index ?? -1) + 1;
  return (
    <span className={classes.working}>
      <Progress
        w={110}
        size="sm"
        value={look && done > 0 ? (100 * done) / look.frames : 100}
        animated={done === 0}
        aria-label="Video: progress"
      />
      <span data-testid="video-progress">{progressInWords(look, frames, secondsLeft)}</span>
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconX size={14} aria-hidden="true" />}
        onClick={cancelVideo}
      >
        Cancel
      </Button>
    </span>
  );
}
