/**
 * Images in parquet files as the Hugging Face hub serves data sets: a column of {bytes, path}, and a column of labels
 * whose names stand in the file's notes (https://huggingface.co/docs/datasets/image_dataset, "features").
 */
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { z } from 'zod';
import {
  ARCHIVE_LIMITS,
  type ArchiveLimits,
  ArchiveRefused,
  reasonAgainst,
  requireWithin,
} from './archive.ts';
import { baseName, splitNamed } from './paths.ts';
import type { Source } from './source.ts';

const imageSchema = z.object({
  bytes: z.instanceof(Uint8Array).nullable(),
  path: z.string().nullish(),
});
const labelSchema = z.union([z.string(), z.int(), z.bigint().transform(Number)]).nullish();

/** What the hub writes into a file's notes about its columns, as far as it is needed. */
const notesSchema = z.object({
  info: z.object({
    features: z.record(
      z.string(),
      z.looseObject({ _type: z.string().optional(), names: z.array(z.string()).optional() }),
    ),
  }),
});

const LABEL_NAMES = ['label', 'labels', 'fine_label', 'class', 'category', 'target'];

interface Columns {
  image: string;
  label: string | null;
  /** Names of the classes by number, where the file tells them. */
  classes: readonly string[];
}

/**
 * The pictures of a file, in folders by split (from the file's name, as the hub writes it) and class. Row groups are read
 * one after the other; the browser keeps their pictures on disk.
 * @throws ArchiveRefused when the file is damaged, holds no pictures or too many.
 */
export async function readParquet(
  path: string,
  file: Blob,
  signal: AbortSignal,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Source[]> {
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: (start, end) => file.slice(start, end).arrayBuffer(),
  };
  try {
    const metadata = await parquetMetadataAsync(buffer);
    const columns = columnsOf(metadata);
    const bytes = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
    requireWithin(limits, Number(metadata.num_rows), bytes);
    const folder = `${path.replace(/\.parquet$/i, '')}/${splitFolder(path)}`;
    const sources: Source[] = [];
    let row = 0;
    for (const group of metadata.row_groups) {
      signal.throwIfAborted();
      const rows = await rowsOf({ buffer, metadata, columns, start: row, end: row + Number(group.num_rows) });
      for (const each of rows) {
        const reason = each && reasonAgainst(each.name, each.bytes.length, limits);
        if (reason) throw new ArchiveRefused(`a picture in it: ${reason}`);
      }
      for (const source of sourcesOf(rows, folder, row)) sources.push(source);
      row += Number(group.num_rows);
    }
    return sources;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ArchiveRefused) throw error;
    throw new ArchiveRefused('it is damaged, or packed in a way that is not read');
  }
}

function columnsOf({ schema, key_value_metadata: notes }: FileMetaData): Columns {
  const image = schema.find(
    ({ num_children: children }, i) =>
      i > 0 && children === 2 && [schema[i + 1]?.name, schema[i + 2]?.name].sort().join() === 'bytes,path',
  );
  if (!image) throw new ArchiveRefused('it has no column of images');
  const written = notes?.find(({ key }) => key === 'huggingface')?.value;
  const features = written === undefined ? {} : featuresOf(written);
  const named = Object.entries(features).filter(([, { _type: type }]) => type === 'ClassLabel');
  const known = (name: string) => schema.some((column) => column.name === name);
  const label =
    named.find(([name]) => LABEL_NAMES.includes(name))?.[0] ??
    named[0]?.[0] ??
    LABEL_NAMES.find((name) => known(name)) ??
    null;
  return { image: image.name, label, classes: (label !== null && features[label]?.names) || [] };
}

function featuresOf(written: string): z.output<typeof notesSchema>['info']['features'] {
  try {
    return notesSchema.parse(JSON.parse(written)).info.features;
  } catch {
    // Notes of another writer; the columns speak for themselves.
    return {};
  }
}

/** "train-00000-of-00001.parquet" says which side of the split it is. */
function splitFolder(path: string): string {
  const [word = ''] = baseName(path).split(/[-_.]/);
  return splitNamed(word) === null ? '' : `${word}/`;
}

interface Row {
  bytes: Uint8Array;
  name: string;
  label: string | null;
}

async function rowsOf({
  buffer,
  metadata,
  columns: { image, label, classes },
  start,
  end,
}: {
  buffer: AsyncBuffer;
  metadata: FileMetaData;
  columns: Columns;
  start: number;
  end: number;
}): Promise<(Row | null)[]> {
  const rows = await parquetReadObjects({
    file: buffer,
    metadata,
    columns: label === null ? [image] : [image, label],
    rowStart: start,
    rowEnd: end,
    compressors,
    utf8: false,
  });
  return rows.map((row) => {
    const { bytes, path } = imageSchema.parse(row[image]);
    const value = label === null ? null : labelSchema.parse(row[label]);
    const named = typeof value === 'number' ? (classes[value] ?? String(value)) : value;
    return bytes && { bytes, name: baseName(path ?? ''), label: named ?? null };
  });
}

/** One blob for a row group, so that a hundred thousand pictures do not become as many. */
function sourcesOf(rows: readonly (Row | null)[], folder: string, first: number): Source[] {
  const pack = new Blob(rows.flatMap((row) => (row ? [new Uint8Array(row.bytes)] : [])));
  let at = 0;
  return rows.flatMap((row, i) => {
    if (!row) return [];
    const picture = pack.slice(at, at + row.bytes.length);
    at += row.bytes.length;
    const number = String(first + i).padStart(6, '0');
    // A class called ".." is a folder all the same.
    const classFolder = row.label === null ? '' : `${row.label.replace(/[/\\]|^\.+$/g, '_')}/`;
    return [
      {
        path: `${folder}${classFolder}${[number, row.name].filter((part) => part !== '').join('-')}`,
        packed: true,
        head: async (count) => new Uint8Array(await picture.slice(0, count).arrayBuffer()),
        whole: async () => picture,
      },
    ];
  });
}
