/** What a headless run leaves behind: the page's own metrics file, read and summed up. */
import { z } from 'zod';
import { knnResultSchema, skippedFileSchema, stepMetricsSchema } from '../src/protocol/values.ts';

const rowSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('summary'),
    version: z.string(),
    backend: z.string(),
    adapter: z.string(),
    software: z.boolean(),
    threads: z.int(),
    dataset: z.string(),
    fingerprint: z.string(),
    images: z.int(),
    train: z.int(),
    val: z.int(),
    classes: z.array(z.string()),
    split: z.string(),
    skipped: z.array(skippedFileSchema),
    parameters: z.int(),
    seed: z.int(),
    config: z.looseObject({}),
  }),
  stepMetricsSchema.extend({ type: z.literal('step') }),
  knnResultSchema.extend({ type: z.literal('knn') }),
]);
type Row = z.output<typeof rowSchema>;
type StepRow = Extract<Row, { type: 'step' }>;
type KnnRow = Extract<Row, { type: 'knn' }>;

/** The page's metrics file does not hold what a run must leave; the message says what. */
export class RecordError extends Error {
  override name = 'RecordError';
}

export interface RunRecord {
  about: Extract<Row, { type: 'summary' }>;
  steps: StepRow[];
  knn: KnnRow[];
}

/** Reads the JSON lines that "Save metrics" writes. Throws RecordError. */
export function readRecord(text: string): RunRecord {
  const rows = text.split('\n').flatMap((line, i) => (line.trim() === '' ? [] : [rowOf(line, i + 1)]));
  const about = rows.find((row) => row.type === 'summary');
  if (!about) throw new RecordError('The metrics have no summary line.');
  const steps = rows.filter((row) => row.type === 'step');
  for (const [i, { step, loss }] of steps.entries()) {
    const before = steps[i - 1];
    if (before && step !== before.step + 1)
      throw new RecordError(`Step ${step} follows step ${before.step}: steps are missing or double.`);
    if (!Number.isFinite(loss)) throw new RecordError(`The loss of step ${step} is ${loss}.`);
  }
  return { about, steps, knn: rows.filter((row) => row.type === 'knn') };
}

function rowOf(line: string, number: number): Row {
  try {
    return rowSchema.parse(JSON.parse(line));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new RecordError(`Line ${number} of the metrics cannot be read: ${why}`);
  }
}

/** The last step, the step of the last score (0 without one), and whether there are labels to score by. */
export function lastScored({ about, steps, knn }: RunRecord): {
  step: number;
  scored: number;
  labelled: boolean;
} {
  return {
    step: steps.at(-1)?.step ?? 0,
    scored: knn.at(-1)?.step ?? 0,
    labelled: about.classes.length > 1 && about.val > 0,
  };
}

/** The metrics, a row a step. */
export function stepLines({ steps }: RunRecord): string {
  return steps.map(({ type: _, ...row }) => `${JSON.stringify(row)}\n`).join('');
}

/** The run in one object. Throws RecordError where no step was taken. */
export function summaryOf({ about, steps, knn }: RunRecord) {
  const first = steps[0];
  const last = steps.at(-1);
  if (!first || !last) throw new RecordError('No step was taken.');
  const { type: _, skipped, config, ...rest } = about;
  const seconds = steps.map((row) => row.seconds);
  return {
    ...rest,
    skipped: skipped.length,
    skippedFiles: skipped,
    steps: steps.length,
    seconds: { median: median(seconds), total: seconds.reduce((sum, value) => sum + value, 0) },
    loss: { first: first.loss, last: last.loss },
    knn: knnOf(knn.at(-1)),
    knnHistory: knn.map(({ step, teacher }) => ({ step, accuracy: teacher })),
    config,
  };
}

/** The last score with both baselines; null for images without labels. */
function knnOf(row: KnnRow | undefined) {
  if (!row) return null;
  const { step, teacher, untrained, pixels, k, train, val, classes } = row;
  return { step, accuracy: teacher, untrained, pixels, k, n: val, train, classes };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}
