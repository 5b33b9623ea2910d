/** The browser's private file system as a store of kept files. In workers alone: only they may write in place. */
import type { FileStore } from '../../checkpoint/keep-file.ts';

/** Everything of ours lies in this folder. */
export const FOLDER = 'kept-runs';

/** Not every browser can rename a file there. */
interface Movable {
  move(name: string): Promise<void>;
}

const movable = (handle: object): handle is Movable => 'move' in handle && typeof handle.move === 'function';

/** Asked for anew each time: whoever clears the site's data takes the folder away. */
async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

async function fileNamed(name: string): Promise<File> {
  return (await (await folder()).getFileHandle(name)).getFile();
}

export const opfsStore: FileStore = {
  async list() {
    const found: { name: string; bytes: number }[] = [];
    for await (const [name, handle] of (await folder()).entries())
      if (handle instanceof FileSystemFileHandle) found.push({ name, bytes: (await handle.getFile()).size });
    return found;
  },

  async write(name, pieces) {
    const handle = await (await folder()).getFileHandle(name, { create: true });
    const file = await handle.createSyncAccessHandle();
    try {
      file.truncate(0);
      let at = 0;
      for await (const piece of pieces) {
        const written = file.write(piece, { at });
        if (written < piece.byteLength)
          throw new DOMException(
            `${written} of ${piece.byteLength} bytes were written`,
            'QuotaExceededError',
          );
        at += written;
      }
      file.flush();
    } finally {
      file.close();
    }
  },

  async move(from, to) {
    const handle: FileSystemFileHandle = await (await folder()).getFileHandle(from);
    if (movable(handle)) return handle.move(to);
    // The copy is whole or its checksum says that it is not; the states before it are still there.
    await this.write(to, piecesOf(await handle.getFile()));
    await this.remove(from);
  },

  async read(name, from, to) {
    return new Uint8Array(await (await fileNamed(name)).slice(from, to).arrayBuffer());
  },

  async remove(name) {
    try {
      await (await folder()).removeEntry(name);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
    }
  },
};

async function* piecesOf(file: File): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const size = 2 ** 22;
  for (let at = 0; at < file.size; at += size)
    yield new Uint8Array(await file.slice(at, at + size).arrayBuffer());
}
