/** Walking dropped folders, with entries that behave as a browser's: a hundred at a time, callbacks, errors. */
import { describe, expect, it } from 'vitest';
import { gatherDropped, gatherPicked } from '../../../src/client/gather.ts';
import { reasonUnreadable } from '../../../src/core/unreadable.ts';

type Tree = { [name: string]: Tree | string | Error };

/** A browser's reader returns this many entries a call. */
const BATCH = 100;

function entry(name: string, fullPath: string, content: Tree | string | Error): FileSystemEntry {
  const isDirectory = typeof content === 'object' && !(content instanceof Error);
  const shared = { name, fullPath, isDirectory, isFile: !isDirectory, filesystem: {}, getParent: () => {} };
  const common = shared as unknown as FileSystemEntry;
  if (!isDirectory)
    return Object.assign(common, {
      file: (done: (file: File) => void, failed: (error: Error) => void) =>
        setTimeout(() =>
          content instanceof Error ? failed(content) : done(new File([String(content)], name)),
        ),
    });
  const children = Object.entries(content).map(([child, inner]) =>
    entry(child, `${fullPath}/${child}`, inner),
  );
  return Object.assign(common, {
    createReader: () => {
      let at = 0;
      return {
        readEntries: (done: (entries: FileSystemEntry[]) => void, failed: (error: Error) => void) =>
          setTimeout(() => {
            const batch = children.slice(at, at + BATCH);
            at += BATCH;
            if (batch.some((child) => child.name === 'LISTING FAILS')) failed(new Error('gone'));
            else done(batch);
          }),
      };
    },
  });
}

/** Items as they are during a drop; `end` empties them, as the browser does when the event is over. */
function drop(tree: Tree): { items: DataTransferItem[]; end: () => void } {
  let over = false;
  const items = Object.entries(tree).map(([name, content]) => ({
    kind: 'file',
    type: '',
    webkitGetAsEntry: () => (over ? null : entry(name, `/${name}`, content)),
    getAsFile: () => null,
    getAsString: () => {},
  }));
  const end = () => {
    over = true;
  };
  return { items, end };
}

const never = new AbortController().signal;
const paths = (gathered: { files: { path: string }[] }) => gathered.files.map(({ path }) => path);

describe('gatherDropped', () => {
  it('reads folders of more than a batch, nested, to the end', async () => {
    const many: Tree = Object.fromEntries(Array.from({ length: 1234 }, (_, i) => [`${i}.jpg`, 'x']));
    const counts: number[] = [];
    const { items } = drop({ photos: { ...many, deep: { deeper: { ...many } } } });
    const found = await gatherDropped(items, never, (count) => counts.push(count));
    expect(found.name).toBe('photos');
    expect(found.files).toHaveLength(2468);
    expect(new Set(paths(found)).size).toBe(2468);
    expect(paths(found)).toContain('photos/deep/deeper/1233.jpg');
    expect(counts.at(-1)).toBe(2468);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
  });

  it('takes all items before the event is over', async () => {
    const { items, end } = drop({ cats: { 'a.jpg': 'x' }, dogs: { 'a.jpg': 'x' }, 'all.zip': 'x' });
    const walk = gatherDropped(items, never, () => {});
    end();
    const found = await walk;
    expect(found.name).toBe('cats and 2 more');
    expect(paths(found).sort()).toEqual(['all.zip', 'cats/a.jpg', 'dogs/a.jpg']);
  });

  it('goes on past what cannot be opened and keeps a mark of it', async () => {
    const filler: Tree = Object.fromEntries(Array.from({ length: BATCH }, (_, i) => [`${i}.jpg`, 'x']));
    const { items } = drop({
      set: {
        'a.jpg': 'x',
        'locked.jpg': new Error('no permission'),
        broken: { ...filler, 'LISTING FAILS': 'x' },
        'z.jpg': 'x',
      },
    });
    const found = await gatherDropped(items, never, () => {});
    const reasons = await Promise.all(
      found.files.map(async ({ path, file }) => [path, await reasonUnreadable(file)]),
    );
    expect(reasons.filter(([, reason]) => reason !== null)).toEqual([
      ['set/locked.jpg', 'no permission'],
      ['set/broken', 'the folder cannot be listed: gone'],
    ]);
    expect(found.files).toHaveLength(2 + 1 + BATCH + 1);
  });

  it('leaves a folder that leads into itself', async () => {
    let loop: Tree = { 'end.jpg': 'x' };
    for (let depth = 0; depth < 80; depth++) loop = { inner: loop };
    const found = await gatherDropped(drop({ loop }).items, never, () => {});
    expect(found.files).toHaveLength(1);
    expect(await reasonUnreadable(found.files[0]?.file ?? new Blob())).toMatch(/64 folders deep/);
  });

  it('takes files that have no entry, and no text', async () => {
    const file = new File(['x'], 'pasted.png');
    const items = [
      { kind: 'file', type: '', webkitGetAsEntry: () => null, getAsFile: () => file, getAsString: () => {} },
      {
        kind: 'string',
        type: '',
        webkitGetAsEntry: () => null,
        getAsFile: () => null,
        getAsString: () => {},
      },
    ];
    const found = await gatherDropped(items, never, () => {});
    expect(found).toEqual({ name: 'pasted.png', files: [{ path: 'pasted.png', file }] });
  });

  it('stops when it is told to', async () => {
    const control = new AbortController();
    const many: Tree = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}.jpg`, 'x']));
    let last = 0;
    const walk = gatherDropped(drop({ many }).items, control.signal, (count) => {
      last = count;
      if (count >= 200) control.abort();
    });
    await expect(walk).rejects.toThrow(/abort/i);
    expect(last).toBe(200);
  });
});

describe('gatherPicked', () => {
  it('keeps the folders of a picked folder', () => {
    const file = Object.defineProperty(new File(['x'], 'a.jpg'), 'webkitRelativePath', {
      value: 'pets/cat/a.jpg',
    });
    expect(gatherPicked([file])).toEqual({ name: 'pets', files: [{ path: 'pets/cat/a.jpg', file }] });
  });

  it('names several files by the first', () => {
    expect(gatherPicked([new File([], 'a.jpg'), new File([], 'b.jpg')]).name).toBe('a.jpg and b.jpg');
  });
});
