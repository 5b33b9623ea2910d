/** What the dropped files hold: plain files and the members of archives, without the litter of operating systems. */
import { reasonUnreadable } from '../core/unreadable.ts';
import { type ArchiveListing, ArchiveRefused } from './archive.ts';
import type { IntakeProgress } from './catalogue.ts';
import { withCifarRecords } from './cifar.ts';
import { reasonOf } from './intake-errors.ts';
import { inParallel, startMeter } from './intake-progress.ts';
import { baseName, stem } from './paths.ts';
import type { Source } from './source.ts';
import { gunzipped, listTar } from './untar.ts';
import { listZip } from './unzip.ts';

export interface DroppedFile {
  /** Relative to what was dropped, with its folders. */
  path: string;
  file: Blob;
}

export interface Sources {
  sources: Source[];
  skipped: { path: string; reason: string }[];
  /** System files passed over. */
  ignored: number;
}

type ArchiveKind = 'zip' | 'tar' | 'gzip' | 'parquet';

const ENDINGS: readonly [ArchiveKind, RegExp][] = [
  ['zip', /\.zip$/i],
  ['tar', /\.tar$/i],
  ['gzip', /(\.tar\.gz|\.tgz)$/i],
  ['parquet', /\.parquet$/i],
];

/** How each kind begins; a file that only calls itself so is looked at as an image. A tar has no mark at its beginning. */
const MARKS: Record<ArchiveKind, readonly number[]> = {
  zip: [0x50, 0x4b],
  tar: [],
  gzip: [0x1f, 0x8b],
  parquet: [0x50, 0x41, 0x52, 0x31],
};

/** Opens every archive among the files and lists what there is. */
export async function openSources(
  files: readonly DroppedFile[],
  onProgress: (progress: IntakeProgress) => void,
  signal: AbortSignal,
): Promise<Sources> {
  const found: Sources = { sources: [], skipped: [], ignored: 0 };
  const archives: { kind: ArchiveKind; dropped: DroppedFile }[] = [];
  for (const dropped of files) {
    const kind = ENDINGS.find(([, ending]) => ending.test(dropped.path))?.[0];
    if (isLitter(dropped.path)) found.ignored++;
    else if (kind) archives.push({ kind, dropped });
    else found.sources.push(fileSource(dropped));
  }
  if (archives.length > 0) {
    const meter = startMeter('unpacking', archives.length, onProgress, signal);
    await inParallel(archives, 1, signal, async ({ kind, dropped }) => {
      await openArchive(kind, dropped, found, signal);
      meter.tick();
    });
  }
  return { ...found, sources: await withCifarRecords(found.sources) };
}

/** .DS_Store, Thumbs.db and their like; hidden files and folders, but for a hidden folder that was itself dropped. */
function isLitter(path: string): boolean {
  const segments = path.split('/');
  const name = baseName(path).toLowerCase();
  if (name === 'thumbs.db' || name === 'ehthumbs.db' || name === 'desktop.ini' || name === 'icon\r')
    return true;
  if (segments.includes('__MACOSX')) return true;
  return segments.some((segment, i) => segment.startsWith('.') && (i > 0 || segments.length === 1));
}

function fileSource({ path, file }: DroppedFile): Source {
  const refuse = async () => {
    const reason = await reasonUnreadable(file);
    if (reason !== null) throw new Error(reason);
  };
  return {
    path,
    packed: false,
    head: async (count) => {
      await refuse();
      return new Uint8Array(await file.slice(0, count).arrayBuffer());
    },
    whole: async () => file,
  };
}

/**
 * What precedes the members' paths: a folder named as the archive, as unpacking makes one, unless the archive brings that
 * folder itself.
 */
function placeOf(archive: string, members: readonly { path: string }[]): string {
  const folder = `${archive}/`;
  const own = `${baseName(archive)}/`;
  const bringsIt = members.every(({ path }) => path.startsWith(own) || isLitter(path));
  return bringsIt ? folder.slice(0, -own.length) : folder;
}

const nameOfArchive = (path: string) => stem(path.replace(/\.gz$/i, ''));

async function openArchive(
  kind: ArchiveKind,
  dropped: DroppedFile,
  found: Sources,
  signal: AbortSignal,
): Promise<void> {
  const { path, file } = dropped;
  const source = fileSource(dropped);
  try {
    const mark = MARKS[kind];
    const head = await source.head(mark.length);
    if (mark.some((byte, i) => head[i] !== byte)) found.sources.push(source);
    else if (kind === 'parquet') {
      // Its decompressors are as large as the rest of the intake, and few people bring such files.
      const { readParquet } = await import('./parquet.ts');
      found.sources.push(...(await readParquet(path, file, signal)));
    } else takeMembers(nameOfArchive(path), await listingOf(kind, file, signal), found);
  } catch (error) {
    signal.throwIfAborted();
    found.skipped.push({
      path,
      reason:
        error instanceof ArchiveRefused
          ? `${kind} not opened: ${reasonOf(error)}`
          : `could not be read: ${reasonOf(error)}`,
    });
  }
}

async function listingOf(
  kind: Exclude<ArchiveKind, 'parquet'>,
  file: Blob,
  signal: AbortSignal,
): Promise<ArchiveListing> {
  if (kind === 'zip') return listZip(file);
  return listTar(kind === 'tar' ? file : await gunzipped(file, signal));
}

function takeMembers(archive: string, { members, refused }: ArchiveListing, found: Sources): void {
  const place = placeOf(archive, [...members, ...refused]);
  for (const member of members) {
    const path = place + member.path;
    if (isLitter(path)) found.ignored++;
    else found.sources.push({ ...member, path, packed: true });
  }
  for (const { path, reason } of refused) found.skipped.push({ path: place + path, reason });
}
