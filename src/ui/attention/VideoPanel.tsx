/** A video, played with its maps: any block, head and network, through the network of one moment. */
import { useEffect, useState } from 'react';
import { startVideoLooking } from '../../state/video-looking.ts';
import { lookInWords } from '../../state/video-text.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useDataset, useSession, useVideos } from '../use-stores.ts';
import classes from './closer.module.css';
import { type Drawing, DrawingTools, FIRST_DRAWING } from './DrawingTools.tsx';
import { PhotoZone } from './PhotoZone.tsx';
import { VideoPlayer } from './VideoPlayer.tsx';
import { VideoTools } from './VideoTools.tsx';

const ABOUT =
  'Where the network looks, frame by frame: each is given to it as a picture by itself, so it knows nothing of motion. What moves with an object was found anew in every frame. Frames are taken evenly, the middle one of each share of time, and all go through the network of one moment, which the step names. A map has one color scale for the whole video, so brightness can be compared between frames. PCA colors have one basis: the tokens of eight frames, spread over what is looked at. Nothing leaves this computer.';
const SOURCE =
  'Caron et al. 2021, §1 and the videos of the official repository (video_generation.py). Rollout: Abnar & Zuidema 2020, §3; colors after Oquab et al. 2023 (DINOv2), Fig. 1.';

export function VideoPanel() {
  useEffect(startVideoLooking, []);
  const video = useVideos((state) => state.video);
  const look = useVideos((state) => state.look);
  const sentence = useVideos((state) => state.sentence);
  const count = useVideos((state) => state.frames.length);
  const awaited = useVideos((state) => state.awaited !== null);
  const hasImages = useDataset((state) => state.summary !== null);
  const step = useSession(({ status }) => status?.step ?? 0);
  const [drawing, setDrawing] = useState<Drawing>(FIRST_DRAWING);
  const behind = look ? Math.max(0, step - look.step) : 0;
  return (
    <PhotoZone>
      <PanelFrame
        title="A video"
        figure={
          look && (
            <>
              through <strong>step {formatCount(look.step)}</strong>
              {behind > 0 && `, ${formatCount(behind)} ago`}
            </>
          )
        }
        about={ABOUT}
        source={SOURCE}
      >
        <VideoTools drawing={drawing} />
        {video && (
          <DrawingTools
            drawing={drawing}
            colored={look?.wish.show === 'colors'}
            onDraw={(change) => setDrawing((before) => ({ ...before, ...change }))}
          />
        )}
        {sentence !== null && (
          <p className={classes.refusal} role="alert">
            {sentence}
          </p>
        )}
        {video && look && count > 0 ? (
          <>
            <VideoPlayer video={video} look={look} drawing={drawing} />
            <p className={classes.sizes}>
              {lookInWords(look, video, awaited || sentence !== null ? null : count)}
            </p>
          </>
        ) : (
          <div className={panel.empty}>
            <strong>{video ? (awaited ? 'Looking…' : 'Not looked at yet') : 'No video yet'}</strong>
            {video
              ? `${hasImages ? '' : 'There is no network yet: bring in images. '}The frames with their maps appear here one by one, once they are looked at; you can play what is there meanwhile.`
              : 'Drop a video here, or open one: MP4, MOV, WebM or MKV. It plays with the network’s maps over it, and stays on this computer.'}
          </div>
        )}
      </PanelFrame>
    </PhotoZone>
  );
}
