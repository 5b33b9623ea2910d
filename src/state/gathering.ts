/** From a drop or a picker to the trainer: gathers the files, shows the count meanwhile, can be cancelled. */
import { type Gathered, gatherDropped, gatherPicked } from '../client/gather.ts';
import { loadFiles } from './actions.ts';
import { send } from './conversation.ts';
import { datasetStore } from './dataset.ts';
import { sessionStore } from './session.ts';

let walking: AbortController | null = null;

/** Must be called within the drop event, before the browser empties its items. */
export async function loadDropped(items: DataTransferItemList): Promise<void> {
  walking?.abort();
  const walk = new AbortController();
  walking = walk;
  showCount(0);
  try {
    const gathered = await gatherDropped(items, walk.signal, (count) => {
      if (walking === walk) showCount(count);
    });
    if (walking === walk) begin(gathered);
  } catch (error) {
    if (!walk.signal.aborted) refuse(error instanceof Error ? error.message : String(error));
  } finally {
    if (walking === walk) walking = null;
  }
}

export function loadPicked(files: FileList): void {
  walking?.abort();
  walking = null;
  begin(gatherPicked(files));
}

/** Ends what is being gathered or read; the images in use stay. */
export function cancelLoad(): void {
  if (walking) {
    walking.abort();
    walking = null;
    datasetStore.setState({ progress: null });
  } else {
    send({ type: 'cancel-load' });
  }
}

function begin({ name, files }: Gathered): void {
  if (files.length > 0) loadFiles(name, files);
  else refuse(`“${name}” holds no files.`);
}

function showCount(done: number): void {
  datasetStore.setState({
    progress: { stage: 'listing', done, total: 0, perSecond: 0, secondsLeft: null },
  });
}

function refuse(what: string): void {
  datasetStore.setState({ progress: null });
  sessionStore.setState({
    fault: {
      kind: 'data',
      what,
      remedy: 'The images in use stay. Try again, or choose the folder with the button.',
    },
  });
}
