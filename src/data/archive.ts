/** What every archive is to the intake: members with paths, and limits on what it may ask of the browser. */

/** Members beyond are refused, and an archive that goes beyond as a whole. */
export interface ArchiveLimits {
  entries: number;
  /** Uncompressed bytes of one member. */
  memberBytes: number;
  /** Uncompressed bytes of all members. */
  totalBytes: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = {
  entries: 200_000,
  memberBytes: 256 * 2 ** 20,
  totalBytes: 16 * 2 ** 30,
};

/** An archive that is not opened; the message says why. */
export class ArchiveRefused extends Error {
  override name = 'ArchiveRefused';
}

/** A member that cannot be taken out; the message says why. */
export class MemberBroken extends Error {
  override name = 'MemberBroken';
}

export interface ArchiveMember {
  /** Path within the archive, with forward slashes. */
  path: string;
  /** Uncompressed bytes, as the archive claims. */
  size: number;
  /** The first bytes, at least `count` of them where the member has as many. Throws `MemberBroken`. */
  head(count: number): Promise<Uint8Array>;
  /** The whole member. Throws `MemberBroken`. */
  whole(): Promise<Blob>;
}

export interface ArchiveListing {
  members: ArchiveMember[];
  refused: { path: string; reason: string }[];
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const latin1 = new TextDecoder('latin1');

/** Names are UTF-8 in nearly every archive, marked or not; where they are not, each byte is taken as a letter. */
export function decodeName(bytes: Uint8Array): string {
  let name: string;
  try {
    name = strictUtf8.decode(bytes);
  } catch {
    name = latin1.decode(bytes);
  }
  return name.replaceAll('\\', '/');
}

/** Why a member is not taken, going by its path and size; null if there is no reason. */
export function reasonAgainst(path: string, size: number, { memberBytes }: ArchiveLimits): string | null {
  if (/^\/|^[a-z]:|(^|\/)\.\.(\/|$)|\0/i.test(path)) return 'its path leads out of the archive';
  if (size > memberBytes)
    return `it unpacks to ${Math.round(size / 2 ** 20)} MiB, over the limit of ${Math.round(memberBytes / 2 ** 20)} MiB`;
  return null;
}

/** @throws ArchiveRefused when the archive asks for more than `limits`. */
export function requireWithin(limits: ArchiveLimits, entries: number, bytes: number): void {
  if (entries > limits.entries)
    throw new ArchiveRefused(
      `it holds ${entries.toLocaleString('en')} entries, over the limit of ${limits.entries.toLocaleString('en')}`,
    );
  if (bytes > limits.totalBytes)
    throw new ArchiveRefused(
      `it unpacks to ${gib(bytes)} GiB, over the limit of ${gib(limits.totalBytes)} GiB`,
    );
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
