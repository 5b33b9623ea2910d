/** Opens what was dropped to be looked at, and asks the trainer for a video's maps. */
import { sniffImage } from '../core/image-header.ts';
import { send } from './conversation.ts';
import { datasetStore } from './dataset.ts';
import { beginVideoLook, videosStore } from './videos.ts';

/** Enough of a file to tell a video from a picture. */
const HEAD_BYTES = 1024;

let nextId = 1;

/** A photo or a video to look at and not to train on: told apart by content, and by name where that says nothing. */
export async function openMedia(file: File): Promise<void> {
  const video = await isVideo(file);
  send(video ? { type: 'open-video', file } : { type: 'open-photo', file });
}

async function isVideo(file: File): Promise<boolean> {
  const named = file.type.startsWith('video/');
  try {
    const found = sniffImage(new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
    return found === null ? named : found.format === 'unsupported' && found.name === 'video';
  } catch {
    // Unreadable: whoever is to open it says so.
    return named;
  }
}

/** Looks as wished for, through the network as it is now. */
export function lookAtVideo(): void {
  const id = nextId++;
  send({ type: 'look-at-video', id, wish: videosStore.getState().wish });
  beginVideoLook(id);
}

export function cancelVideo(): void {
  const { awaited } = videosStore.getState();
  if (awaited !== null) send({ type: 'cancel-video', id: awaited });
}

function begin(): void {
  const { video, fresh, awaited } = videosStore.getState();
  if (video && fresh && awaited === null && datasetStore.getState().summary !== null) lookAtVideo();
}

/** Looks at a video of its own accord once it is opened, and at the present one when another run begins. Returns what ends it. */
export function startVideoLooking(): () => void {
  const stops = [videosStore.subscribe(begin), datasetStore.subscribe(begin)];
  begin();
  return () => {
    for (const stop of stops) stop();
  };
}
