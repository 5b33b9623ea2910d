/** Which of the files that are dropped on the page are no images, but weights, a run or settings. */

const ENDINGS = /\.(safetensors|json|ya?ml)$/i;
/** The folder for Hugging Face under the name that it gets here; other zips are of images. */
const HUB_FOLDER = /-hugging-face( \(\d+\))?\.zip$/i;
/** Weights as Python pickles them: they are not opened, and the page says how to convert them. */
const PICKLED = /\.(pth|pt|ckpt)$/i;

export const WEIGHT_FILES = '.safetensors,.zip';
export const SETTINGS_FILES = '.json,.yaml,.yml';

export type Openable = 'weights' | 'settings';

/** What a file is taken for by its name; null for what can only be images. */
export function openableAs(name: string): Openable | null {
  if (isPickled(name) || HUB_FOLDER.test(name)) return 'weights';
  const ending = ENDINGS.exec(name)?.[1]?.toLowerCase();
  if (ending === undefined) return null;
  return ending === 'safetensors' ? 'weights' : 'settings';
}

export function isPickled(name: string): boolean {
  return PICKLED.test(name);
}

/** The one file of a drop that is to be opened; null where images were dropped, or several things. */
export function openableOf(items: DataTransferItemList): File | null {
  const [item, ...others] = Array.from(items).filter(({ kind }) => kind === 'file');
  if (!item || others.length > 0 || item.webkitGetAsEntry()?.isDirectory) return null;
  const file = item.getAsFile();
  return file && openableAs(file.name) ? file : null;
}
