/** Labels from folders, names and tables. */
import { describe, expect, it } from 'vitest';
import { parseCsv } from '../../../src/data/csv.ts';
import { type LabelOptions, type LabelTable, labelsOf } from '../../../src/data/labels.ts';

const FOLDERS: LabelOptions = { labels: 'folders', labelSeparator: '_', labelField: 1 };

function named(paths: string[], options: Partial<LabelOptions> = {}, tables: LabelTable[] = []) {
  const { classes, labels } = labelsOf(paths, { ...FOLDERS, ...options }, tables);
  return labels.map((label) => (label === null ? null : classes[label]));
}

describe('labels from folders', () => {
  it.each([
    ['below a folder shared by all', ['set/cat/1.jpg', 'set/dog/1.jpg'], ['cat', 'dog']],
    ['below split folders', ['d/train/cat/1.jpg', 'd/test/dog/1.jpg'], ['cat', 'dog']],
    ['above split folders', ['d/cat/train/1.jpg', 'd/dog/val/1.jpg'], ['cat', 'dog']],
    ['above a folder that ends all paths', ['d/cat/images/1.jpg', 'd/dog/images/1.jpg'], ['cat', 'dog']],
    [
      'the last that distinguishes',
      ['2019/cat/1.jpg', '2020/cat/1.jpg', '2020/dog/1.jpg'],
      ['cat', 'cat', 'dog'],
    ],
    ['folders dropped side by side', ['cat/1.jpg', 'dog/1.jpg'], ['cat', 'dog']],
    ['some images outside', ['d/cat/1.jpg', 'd/dog/1.jpg', 'd/2.jpg'], ['cat', 'dog', null]],
    [
      'a shared folder below the split',
      ['train/img/1.jpg', 'test/img/cat/1.jpg', 'test/img/dog/1.jpg'],
      [null, 'cat', 'dog'],
    ],
  ])('%s', (_, paths, labels) => {
    expect(named(paths)).toEqual(labels);
  });

  it.each([
    ['one folder', ['d/1.jpg', 'd/2.jpg']],
    ['no folder', ['1.jpg', '2.jpg']],
    ['only split folders', ['d/train/1.jpg', 'd/val/2.jpg']],
    ['one class', ['d/cat/1.jpg', 'd/2.jpg']],
  ])('none in %s', (_, paths) => {
    expect(labelsOf(paths, FOLDERS)).toEqual({ classes: [], labels: paths.map(() => null), complaints: [] });
  });

  it('numbers classes in natural order', () => {
    expect(labelsOf(['10/a', '9/a', 'b/a', 'a/a'], FOLDERS).classes).toEqual(['9', '10', 'a', 'b']);
  });
});

describe('labels from names', () => {
  it('takes the chosen field', () => {
    const paths = ['d/001_ann_31_f.jpg', 'd/002_bob_40_m.jpg', 'd/readme.jpg'];
    expect(named(paths, { labels: 'pattern', labelField: 3 })).toEqual(['f', 'm', null]);
    expect(named(paths, { labels: 'pattern', labelField: 1 })).toEqual(['ann', 'bob', null]);
    expect(named(paths, { labels: 'pattern', labelField: 9 })).toEqual([null, null, null]);
    expect(
      named(['cat-1.jpg', 'dog-1.jpg'], { labels: 'pattern', labelSeparator: '-', labelField: 0 }),
    ).toEqual(['cat', 'dog']);
  });
});

describe('labels from a table', () => {
  const paths = ['d/train/a.jpg', 'd/train/b.jpg', 'd/test/b.jpg'];
  const csv = (text: string) => [{ path: 'd/labels.csv', text }];

  it('goes by path, by base name, and without the extension', () => {
    expect(named(paths, { labels: 'csv' }, csv('train/b.jpg,dog\na,cat\n./test/b.jpg,"cat"'))).toEqual([
      'cat',
      'dog',
      'cat',
    ]);
  });

  it('reads columns by their heading, wherever they are', () => {
    const table = csv('x;Label;filename\n1;cat;a.jpg\n2;dog;d/train/b.jpg\n');
    expect(named(paths, { labels: 'csv' }, table)).toEqual(['cat', 'dog', null]);
  });

  it('leaves an ambiguous name alone and says so', () => {
    const { labels, complaints } = labelsOf(
      paths,
      { ...FOLDERS, labels: 'csv' },
      csv('file,label\na.jpg,cat\nb.jpg,dog\ntest/b.jpg,dog\nmissing.jpg,cat'),
    );
    expect(labels).toEqual([0, null, 1]);
    expect(complaints).toEqual([
      { path: 'd/labels.csv', reason: '2 of 5 rows name no image here, more than one, or no label' },
    ]);
  });

  it('says when there is no table', () => {
    expect(labelsOf(paths, { ...FOLDERS, labels: 'csv' }).complaints[0]?.reason).toMatch(/no CSV/);
  });
});

describe('parseCsv', () => {
  it('reads quotes, line ends of every kind and a byte-order mark', () => {
    expect(parseCsv('\uFEFFa,"b, ""c"""\r\n\r\n"two\nlines",\nlast,1')).toEqual([
      ['a', 'b, "c"'],
      ['two\nlines', ''],
      ['last', '1'],
    ]);
  });

  it('finds the separator', () => {
    expect(parseCsv('a;b,c;d')).toEqual([['a', 'b,c', 'd']]);
    expect(parseCsv('a\tb\n1\t2')).toEqual([
      ['a', 'b'],
      ['1', '2'],
    ]);
  });

  it('reads nothing out of nothing', () => expect(parseCsv('')).toEqual([]));
});
