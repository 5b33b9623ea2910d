/** Lists the files that a person dropped or picked, folder by folder, with their paths. */
import { unreadableFile } from '../core/unreadable.ts';
import type { SourceFile } from '../protocol/values.ts';

export interface Gathered {
  /** What was dropped, for a title. */
  name: string;
  /** In the order of the walk. What could not be opened is there too, as an `unreadableFile` with its reason. */
  files: SourceFile[];
}

/** Folders within folders beyond this are a link that leads back into itself. */
const DEEPEST = 64;
/** Files of one folder that are opened at the same time. */
const OPENED_AT_ONCE = 100;

/**
 * Walks everything that was dropped. Must be called within the drop event itself: the items are taken before the
 * first wait, since the browser empties them when the event ends. `onCount` is told how many files are found so far.
 * Throws the signal's reason once it is aborted.
 */
export async function gatherDropped(
  items: DataTransferItemList | readonly DataTransferItem[],
  signal: AbortSignal,
  onCount: (files: number) => void,
): Promise<Gathered> {
  const entries: FileSystemEntry[] = [];
  const files: SourceFile[] = [];
  const names: string[] = [];
  for (const item of items) {
    if (item.kind !== 'file') continue;
    const entry = item.webkitGetAsEntry();
    // Without an entry (an image dragged out of another program) there can still be a file.
    const file = entry === null ? item.getAsFile() : null;
    if (entry !== null) entries.push(entry);
    if (file !== null) files.push({ path: file.name, file });
    const name = entry?.name ?? file?.name;
    if (name !== undefined) names.push(name);
  }

  const waiting = entries.filter(isDirectory).reverse();
  files.push(...(await Promise.all(entries.filter(isFile).map(open))));
  onCount(files.length);
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    signal.throwIfAborted();
    const found = await walk(folder, signal, (more) => {
      for (const file of more) files.push(file);
      onCount(files.length);
    });
    for (const inner of found.reverse()) waiting.push(inner);
  }
  signal.throwIfAborted();
  return { name: titleOf(names), files };
}

/** Files of a file input, with their paths where a folder was picked. */
export function gatherPicked(picked: FileList | readonly File[]): Gathered {
  const files = Array.from(picked, (file) => ({ path: file.webkitRelativePath || file.name, file }));
  const tops = new Set(files.map(({ path }) => path.split('/', 1)[0] ?? path));
  return { name: titleOf([...tops]), files };
}

/** Opens the files right below a folder and returns the folders there. */
async function walk(
  folder: FileSystemDirectoryEntry,
  signal: AbortSignal,
  add: (files: SourceFile[]) => void,
): Promise<FileSystemDirectoryEntry[]> {
  const folders: FileSystemDirectoryEntry[] = [];
  const unlisted = (reason: string) =>
    add([
      { path: pathOf(folder), file: unreadableFile(folder.name, `the folder cannot be listed: ${reason}`) },
    ]);
  if (pathOf(folder).split('/').length > DEEPEST) {
    unlisted(`it lies more than ${DEEPEST} folders deep`);
    return folders;
  }
  const reader = folder.createReader();
  // A reader gives some hundred entries a call, and an empty list at the end.
  for (;;) {
    signal.throwIfAborted();
    let batch: FileSystemEntry[];
    try {
      batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    } catch (error) {
      unlisted(messageOf(error));
      return folders;
    }
    if (batch.length === 0) return folders;
    folders.push(...batch.filter(isDirectory));
    const entries = batch.filter(isFile);
    for (let at = 0; at < entries.length; at += OPENED_AT_ONCE)
      add(await Promise.all(entries.slice(at, at + OPENED_AT_ONCE).map(open)));
  }
}

async function open(entry: FileSystemFileEntry): Promise<SourceFile> {
  const path = pathOf(entry);
  try {
    return { path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) };
  } catch (error) {
    return { path, file: unreadableFile(entry.name, messageOf(error)) };
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectory(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function pathOf(entry: FileSystemEntry): string {
  return entry.fullPath.replace(/^\/+/, '');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function titleOf(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return 'nothing';
  if (second === undefined) return first;
  return names.length === 2 ? `${first} and ${second}` : `${first} and ${names.length - 1} more`;
}
