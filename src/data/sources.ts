/** What the dropped files hold: plain files and the members of zips, without the litter of operating systems. */
import { reasonUnreadable } from '../core/unreadable.ts';
import type { IntakeProgress } from './catalogue.ts';
import { reasonOf } from './intake-errors.ts';
import { inParallel, startMeter } from './intake-progress.ts';
import { baseName, stem } from './paths.ts';
import { listZip, ZIP_LIMITS, ZipRefused } from './unzip.ts';

export interface DroppedFile {
  /** Relative to what was dropped, with its folders. */
  path: string;
  file: Blob;
}

/** Something that may be an image. */
export interface Source {
  path: string;
  inZip: boolean;
  /** The first `count` bytes, fewer only where there are no more. */
  head(count: number): Promise<Uint8Array>;
  whole(): Promise<Blob>;
}

export interface Sources {
  sources: Source[];
  skipped: { path: string; reason: string }[];
  /** System files passed over. */
  ignored: number;
}

/** Opens every zip among the files and lists what there is. */
export async function openSources(
  files: readonly DroppedFile[],
  onProgress: (progress: IntakeProgress) => void,
  signal: AbortSignal,
): Promise<Sources> {
  const found: Sources = { sources: [], skipped: [], ignored: 0 };
  const zips: DroppedFile[] = [];
  for (const dropped of files) {
    if (isLitter(dropped.path)) found.ignored++;
    else if (/\.zip$/i.test(dropped.path)) zips.push(dropped);
    else found.sources.push(fileSource(dropped));
  }
  if (zips.length === 0) return found;
  const meter = startMeter('unpacking', zips.length, onProgress, signal);
  await inParallel(zips, 1, signal, async (zip) => {
    await openZip(zip, found);
    meter.tick();
  });
  return found;
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
    inZip: false,
    head: async (count) => {
      await refuse();
      return new Uint8Array(await file.slice(0, count).arrayBuffer());
    },
    whole: async () => file,
  };
}

/**
 * What precedes the members' paths: a folder named as the zip, as unpacking makes one, unless the zip brings that
 * folder itself.
 */
function placeOf(zipPath: string, members: readonly { path: string }[]): string {
  const folder = `${stem(zipPath)}/`;
  const own = `${baseName(stem(zipPath))}/`;
  const bringsIt = members.every(({ path }) => path.startsWith(own) || isLitter(path));
  return bringsIt ? folder.slice(0, -own.length) : folder;
}

async function openZip(zip: DroppedFile, found: Sources): Promise<void> {
  const source = fileSource(zip);
  try {
    const [first, second] = await source.head(2);
    if (first !== 0x50 || second !== 0x4b) {
      found.sources.push(source);
      return;
    }
    const listing = await listZip(zip.file, ZIP_LIMITS);
    const place = placeOf(zip.path, [...listing.members, ...listing.refused]);
    for (const member of listing.members) {
      const path = place + member.path;
      if (isLitter(path)) found.ignored++;
      else
        found.sources.push({
          path,
          inZip: true,
          head: (count) => member.head(count),
          whole: async () => new Blob([await member.bytes()]),
        });
    }
    for (const { path, reason } of listing.refused) found.skipped.push({ path: place + path, reason });
  } catch (error) {
    found.skipped.push({
      path: zip.path,
      reason:
        error instanceof ZipRefused
          ? `zip not opened: ${reasonOf(error)}`
          : `could not be read: ${reasonOf(error)}`,
    });
  }
}
