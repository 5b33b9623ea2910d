/** Which class each image is of: from its folder, from its name, from a table, or unknown. */
import { parseCsv } from './csv.ts';
import { inNaturalOrder } from './natural-order.ts';
import { baseName, ownFolders, splitNamed, stem, withoutShared } from './paths.ts';

export interface LabelOptions {
  labels: 'folders' | 'pattern' | 'csv' | 'none';
  /** For 'pattern': the file name is split here … */
  labelSeparator: string;
  /** … and this field, from 0, is the label. */
  labelField: number;
}

/** A dropped CSV: its path and its text. */
export interface LabelTable {
  path: string;
  text: string;
}

export interface Labels {
  /** Class names in natural order; empty when fewer than two were found. */
  classes: string[];
  /** Index into `classes` of each path; null without a label. */
  labels: (number | null)[];
  /** Tables that did not serve as they should, and why. */
  complaints: { path: string; reason: string }[];
}

/** Labels of the images at `paths`. One class alone tells nothing apart, so it counts as none. */
export function labelsOf(
  paths: readonly string[],
  options: LabelOptions,
  tables: readonly LabelTable[] = [],
): Labels {
  const complaints: Labels['complaints'] = [];
  const names = namesOf(paths, options, tables, complaints);
  const classes = inNaturalOrder([...new Set(names.filter((name) => name !== null))], (name) => name);
  if (classes.length < 2) return { classes: [], labels: names.map(() => null), complaints };
  const index = new Map(classes.map((name, i) => [name, i]));
  return {
    classes,
    labels: names.map((name) => (name === null ? null : (index.get(name) ?? null))),
    complaints,
  };
}

function namesOf(
  paths: readonly string[],
  options: LabelOptions,
  tables: readonly LabelTable[],
  complaints: Labels['complaints'],
): (string | null)[] {
  switch (options.labels) {
    case 'folders':
      return folderNames(paths);
    case 'pattern':
      return paths.map((path) => fieldOf(path, options.labelSeparator, options.labelField));
    case 'csv':
      return tableNames(paths, tables, complaints);
    case 'none':
      return paths.map(() => null);
    default:
      return options.labels satisfies never;
  }
}

/**
 * The last folder that distinguishes: those that name a split and those that end every path alike (cat/images,
 * dog/images) are left out first. Null for images outside of such a folder.
 */
function folderNames(paths: readonly string[]): (string | null)[] {
  const lists = withoutShared(
    ownFolders(paths).map((folders) => folders.filter((folder) => splitNamed(folder) === null)),
  );
  const ending = () => lists[0]?.at(-1);
  while (ending() !== undefined && lists.every((list) => list.at(-1) === ending()))
    for (const list of lists) list.pop();
  return lists.map((list) => list.at(-1) ?? null);
}

function fieldOf(path: string, separator: string, field: number): string | null {
  const fields = stem(baseName(path)).split(separator);
  return fields.length > 1 ? fields[field] || null : null;
}

const FILE_COLUMN = /^(file|file_?name|path|image|image_?(id|name|path)|name|id)$/i;
const LABEL_COLUMN = /^(label|class|class_?name|category|target|breed|species|tag)s?$/i;

function tableNames(
  paths: readonly string[],
  tables: readonly LabelTable[],
  complaints: Labels['complaints'],
): (string | null)[] {
  const names: (string | null)[] = paths.map(() => null);
  if (tables.length === 0) complaints.push({ path: 'labels', reason: 'there is no CSV among the files' });
  const known = pathsByEnding(paths);
  for (const table of tables) {
    const rows = parseCsv(table.text);
    const header = rows[0]?.map((cell) => cell.trim()) ?? [];
    const fileColumn = Math.max(
      header.findIndex((cell) => FILE_COLUMN.test(cell)),
      0,
    );
    const labelled = header.findIndex((cell) => LABEL_COLUMN.test(cell));
    const labelColumn = labelled >= 0 ? labelled : fileColumn + 1;
    let strangers = 0;
    rows.forEach((row, i) => {
      const file = (row[fileColumn] ?? '')
        .trim()
        .replaceAll('\\', '/')
        .replace(/^(\.?\/)+/, '');
      const label = (row[labelColumn] ?? '').trim();
      const at = known.get(file);
      if (typeof at === 'number' && label !== '') names[at] = label;
      // A first row that names no image is the header.
      else if (i > 0) strangers++;
    });
    if (strangers > 0)
      complaints.push({
        path: table.path,
        reason: `${strangers} of ${rows.length} rows name no image here, more than one, or no label`,
      });
  }
  return names;
}

/** Finds a path by itself or by any ending of whole segments, with or without extension; 'several' is ambiguous. */
function pathsByEnding(paths: readonly string[]): Map<string, number | 'several'> {
  const found = new Map<string, number | 'several'>();
  paths.forEach((path, index) => {
    for (let at = 0; ; ) {
      const ending = path.slice(at);
      for (const name of new Set([ending, stem(ending)]))
        found.set(name, found.has(name) ? 'several' : index);
      const slash = path.indexOf('/', at);
      if (slash < 0) break;
      at = slash + 1;
    }
  });
  paths.forEach((path, index) => {
    found.set(path, index);
  });
  return found;
}
