/** From dropped files to a catalogue: open zips, look at heads, decode what fits, label, split. */
import type { Pixels } from '../core/pixels.ts';
import { PURPOSE, rng } from '../core/rng.ts';
import type { Catalogue, CatalogueImage, IntakeProgress } from './catalogue.ts';
import { fingerprintOf } from './fingerprint.ts';
import { decodeFrames, type Films, type Frame, isVideo, openFilms } from './frames.ts';
import { FORMAT_NAMES, inspect } from './inspect.ts';
import { NoImagesError, reasonOf } from './intake-errors.ts';
import { inParallel, startMeter } from './intake-progress.ts';
import { type LabelOptions, type LabelTable, labelsOf } from './labels.ts';
import { inNaturalOrder } from './natural-order.ts';
import { ownFolders } from './paths.ts';
import type { Source } from './source.ts';
import { type DroppedFile, openSources } from './sources.ts';
import { splitOf } from './split.ts';
import type { OpenedVideo } from './video.ts';
import { fitWithin, LONGEST_ASPECT, PIXEL_BYTES, workingSide } from './working-size.ts';

export { IntakeCancelled, NoImagesError } from './intake-errors.ts';

export interface IntakeOptions extends LabelOptions {
  name: string;
  seed: number;
  /** Share of the images kept for validation where the folders do not say. */
  validation: number;
  /** Bytes that decoded pixels may take. */
  budgetBytes: number;
  /** Side of the largest view, pixels. */
  largestView: number;
  /** Of a video every n-th frame is an image. */
  videoEvery: number;
}

export interface IntakeTools {
  signal: AbortSignal;
  onProgress: (progress: IntakeProgress) => void;
  /**
   * Decodes a file to pixels whose shorter side is at most `targetSide` (see `fitWithin`), upright, on white. A
   * rejection skips the image with the error's message. Should stop when `signal` is aborted.
   */
  decode: (blob: Blob, targetSide: number, signal: AbortSignal) => Promise<Pixels>;
  /** @throws VideoRefused where there is no video in it that can be decoded here. */
  openVideo: (file: File) => Promise<OpenedVideo>;
}

/** A file, or a frame of a video. */
interface Candidate {
  path: string;
  origin: { source: Source /** Name of the format. */; kind: string } | { frame: Frame };
  width: number;
  height: number;
}

const HEADS_AT_ONCE = 16;
/** Twice what the decoders work on, so that the next file is read while they do. */
const DECODES_AT_ONCE = 8;

/**
 * Reads images, archives of images and label tables. Files that do not serve are listed in `skipped` with a reason each.
 * Throws `IntakeCancelled` as soon as the signal is aborted and `NoImagesError` when nothing is left.
 */
export async function readImages(
  files: readonly DroppedFile[],
  options: IntakeOptions,
  tools: IntakeTools,
): Promise<Catalogue> {
  const { sources, skipped, ignored } = await openSources(files, tools.onProgress, tools.signal);
  const ordered = inNaturalOrder(sources, (source) => source.path);
  const films = await openAll(
    ordered.filter(({ path }) => isVideo(path)),
    options,
    tools,
    skipped,
  );
  try {
    const pictures = await sift(
      ordered.filter(({ path }) => !isVideo(path)),
      options,
      tools,
      skipped,
    );
    return await select(films, pictures, options, tools, { skipped, ignored });
  } finally {
    films.close();
  }
}

/** Opens every video and lists its frames. */
async function openAll(
  sources: readonly Source[],
  { videoEvery }: IntakeOptions,
  { signal, openVideo, onProgress }: IntakeTools,
  skipped: Catalogue['skipped'],
): Promise<Films> {
  if (sources.length === 0) return { frames: [], count: 0, close: () => undefined };
  const meter = startMeter('unpacking', sources.length, onProgress, signal);
  return openFilms(sources, videoEvery, { signal, openVideo, onOpened: () => meter.tick() }, skipped);
}

/** Of all that could be an image, what fits the memory, decoded. */
async function select(
  films: Films,
  { candidates: pictures, tables }: { candidates: Candidate[]; tables: LabelTable[] },
  options: IntakeOptions,
  tools: IntakeTools,
  { skipped, ignored }: { skipped: Catalogue['skipped']; ignored: number },
): Promise<Catalogue> {
  const frames = films.frames.map(
    (frame): Candidate => ({ path: frame.path, origin: { frame }, width: frame.width, height: frame.height }),
  );
  const candidates = inNaturalOrder([...pictures, ...frames], ({ path }) => path);
  const side = workingSide(
    options.largestView,
    candidates.length,
    averageAspect(candidates),
    options.budgetBytes,
  );
  const chosen = withinBudget(candidates, side, options, skipped);
  const decoded = await decodeAll(chosen, side, tools, skipped);
  if (decoded.length === 0) throw new NoImagesError(skipped, ignored);
  const catalogue = assemble(decoded, side, tables, options, skipped);
  return films.count > 0
    ? { ...catalogue, split: catalogue.split + filmWords(films, chosen, options) }
    : catalogue;
}

/** Looks at every head. */
async function sift(
  sources: readonly Source[],
  options: IntakeOptions,
  { onProgress, signal }: IntakeTools,
  skipped: Catalogue['skipped'],
): Promise<{ candidates: Candidate[]; tables: LabelTable[] }> {
  const found: (Candidate | undefined)[] = Array.from({ length: sources.length });
  const tables: LabelTable[] = [];
  const meter = startMeter('listing', sources.length, onProgress, signal);
  await inParallel(sources, HEADS_AT_ONCE, signal, async (source, index) => {
    const finding = await inspect(source);
    const { path } = source;
    if (finding.kind === 'image') {
      const { format, width, height } = finding;
      found[index] = { path, origin: { source, kind: FORMAT_NAMES[format] }, width, height };
    } else if (finding.kind === 'refused') skipped.push({ path, reason: finding.reason });
    else if (options.labels !== 'csv')
      skipped.push({ path, reason: 'a CSV serves only where labels come from a CSV' });
    else {
      const text = await read(source, skipped, async (blob) => blob.text());
      if (text !== null) tables.push({ path, text });
    }
    meter.tick();
  });
  return { candidates: found.filter((candidate) => candidate !== undefined), tables };
}

/** What `take` makes of the whole file; null, with the file skipped, where it cannot be read. */
async function read<T>(
  source: Source,
  skipped: Catalogue['skipped'],
  take: (blob: Blob) => Promise<T>,
): Promise<T | null> {
  try {
    return await take(await source.whole());
  } catch (error) {
    skipped.push({ path: source.path, reason: `could not be read: ${reasonOf(error)}` });
    return null;
  }
}

function averageAspect(candidates: readonly Candidate[]): number {
  let sum = 0;
  for (const { width, height } of candidates)
    sum += Math.min(LONGEST_ASPECT, Math.max(width, height) / Math.min(width, height));
  return candidates.length === 0 ? 1 : sum / candidates.length;
}

/**
 * The candidates that fit the budget, in their order. Which ones go without is drawn from the seed: the last in
 * order would be whole classes.
 */
function withinBudget(
  candidates: readonly Candidate[],
  side: number,
  { budgetBytes, seed }: IntakeOptions,
  skipped: Catalogue['skipped'],
): Candidate[] {
  const kept = new Set<Candidate>();
  let free = budgetBytes;
  for (const index of rng(seed, PURPOSE.split, 0, 1).permutation(candidates.length)) {
    const candidate = candidates[index];
    if (candidate === undefined) continue;
    const { width, height } = fitWithin(candidate.width, candidate.height, side);
    const bytes = width * height * PIXEL_BYTES;
    if (bytes > free) continue;
    free -= bytes;
    kept.add(candidate);
  }
  const reason = `over the memory budget of ${Math.round(budgetBytes / 2 ** 20).toLocaleString('en')} MiB`;
  for (const candidate of candidates)
    if (!kept.has(candidate)) skipped.push({ path: candidate.path, reason });
  return candidates.filter((candidate) => kept.has(candidate));
}

/** `file` is where it comes from: of a frame the video. */
type Decoded = Pixels & { path: string; file: string; frame: boolean };

async function decodeAll(
  candidates: readonly Candidate[],
  side: number,
  { onProgress, signal, decode }: IntakeTools,
  skipped: Catalogue['skipped'],
): Promise<Decoded[]> {
  const decoded: (Decoded | undefined)[] = Array.from({ length: candidates.length });
  const meter = startMeter('decoding', candidates.length, onProgress, signal);
  await inParallel(candidates, DECODES_AT_ONCE, signal, async ({ path, origin }, index) => {
    if ('frame' in origin) return;
    const { source, kind } = origin;
    const blob = await read(source, skipped, async (whole) => whole);
    try {
      if (blob !== null) {
        const { width, height, rgba } = await decode(blob, side, signal);
        decoded[index] = { path, file: path, frame: false, width, height, rgba };
      }
    } catch (error) {
      skipped.push({ path, reason: `broken ${kind}: ${reasonOf(error)}` });
    }
    meter.tick();
  });
  const framed = candidates.flatMap(({ origin }, index) =>
    'frame' in origin ? [{ frame: origin.frame, index }] : [],
  );
  const frames = framed.map(({ frame }) => frame);
  const pixels = await decodeFrames(frames, side, { signal, onFrame: () => meter.tick() }, skipped);
  for (const [i, { frame, index }] of framed.entries()) {
    const found = pixels[i];
    if (found) decoded[index] = { path: frame.path, file: frame.video, frame: true, ...found };
  }
  return decoded.filter((image) => image !== undefined);
}

/** How many of the images are frames, in words that follow the split's. */
function filmWords({ count }: Films, chosen: readonly Candidate[], { videoEvery }: IntakeOptions): string {
  const frames = chosen.filter(({ origin }) => 'frame' in origin).length;
  const rate = videoEvery === 1 ? 'every one' : `every ${ordinal(videoEvery)}`;
  return `; ${frames.toLocaleString('en')} of them are frames of ${count === 1 ? 'one video' : `${count} videos`}, ${rate}`;
}

/** 3 → "3rd". */
function ordinal(n: number): string {
  const teens = n % 100 > 10 && n % 100 < 14;
  return `${n}${(teens ? undefined : ['th', 'st', 'nd', 'rd'][n % 10]) ?? 'th'}`;
}

/** Frames have their video's label; where no folder tells videos apart, each video is a class of its own. */
function labelledPaths(decoded: readonly Decoded[], { labels }: IntakeOptions): string[] {
  const files = decoded.map(({ file }) => file);
  const flat = ownFolders(files).every((folders) => folders.length === 0);
  return labels === 'folders' && flat ? decoded.map(({ path }) => path) : files;
}

function assemble(
  decoded: readonly Decoded[],
  side: number,
  tables: readonly LabelTable[],
  options: IntakeOptions,
  skipped: Catalogue['skipped'],
): Catalogue {
  const paths = decoded.map((image) => image.path);
  const { classes, labels, complaints } = labelsOf(labelledPaths(decoded, options), options, tables);
  const videos = decoded.map(({ file, frame }) => (frame ? file : null));
  const split = splitOf(paths, labels, options.validation, options.seed, videos);
  const all = decoded.map(
    ({ path, width, height, rgba }, i): CatalogueImage => ({
      path,
      width,
      height,
      rgba,
      split: split.sides[i] ?? 'train',
      label: labels[i] ?? null,
      mask: null,
    }),
  );
  const train = all.filter((image) => image.split === 'train');
  const images = [...train, ...all.filter((image) => image.split === 'val')];
  return {
    name: options.name,
    source: 'own',
    classes,
    images,
    trainCount: train.length,
    split: split.words,
    skipped: inNaturalOrder([...skipped, ...complaints], (entry) => entry.path),
    bytes: images.reduce((sum, image) => sum + image.rgba.byteLength, 0),
    budgetBytes: options.budgetBytes,
    workingSide: side,
    fingerprint: fingerprintOf(images, classes),
  };
}
