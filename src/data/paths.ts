/** Paths of dropped files, cut into folders: what labels and split are read from. */

const VALIDATION = new Set(['val', 'valid', 'validation', 'test', 'testing']);
const TRAINING = new Set(['train', 'training']);

/** Which side of the split a folder's name stands for; null for all other folders. */
export function splitNamed(folder: string): 'train' | 'val' | null {
  const name = folder.toLowerCase();
  return TRAINING.has(name) ? 'train' : VALIDATION.has(name) ? 'val' : null;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The name without its last extension. */
export function stem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > name.lastIndexOf('/') + 1 ? name.slice(0, dot) : name;
}

/** The folders of each path, outermost first, without those that all paths begin with. */
export function ownFolders(paths: readonly string[]): string[][] {
  return withoutShared(paths.map((path) => path.split('/').slice(0, -1)));
}

/** The lists without the beginning that all of them share. */
export function withoutShared(lists: readonly string[][]): string[][] {
  const first = lists[0] ?? [];
  let shared = first.length;
  for (const list of lists) {
    let same = 0;
    while (same < shared && list[same] === first[same]) same++;
    shared = same;
  }
  return lists.map((list) => list.slice(shared));
}
