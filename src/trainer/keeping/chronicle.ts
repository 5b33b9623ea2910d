/** What each run of the visit has measured, heard from what the page is told: kept with its state, told again after it. */
import { z } from 'zod';
import type { TrainerEvent } from '../../protocol/messages.ts';
import { heldFor } from '../../protocol/runs.ts';
import { metricNames, perMetric } from '../../protocol/step-metrics.ts';
import { type KnnResult, knnResultSchema, type StepMetrics } from '../../protocol/values.ts';
import type { Emit } from '../reporter.ts';

const FIRST_ROWS = 1024;

/** Rows of figures, one a step, in the order of the steps. */
export class Figures {
  private values = new Float64Array(FIRST_ROWS * metricNames.length);
  private count = 0;

  get length(): number {
    return this.count;
  }

  /** The last step that has a row; 0 before the first. */
  get lastStep(): number {
    return this.count > 0 ? this.row(this.count - 1).step : 0;
  }

  append(rows: readonly StepMetrics[]): void {
    for (const row of rows) {
      if ((this.count + 1) * metricNames.length > this.values.length) {
        const grown = new Float64Array(2 * this.values.length);
        grown.set(this.values);
        this.values = grown;
      }
      for (const [i, name] of metricNames.entries())
        this.values[this.count * metricNames.length + i] = row[name];
      this.count++;
    }
  }

  row(index: number): StepMetrics {
    return perMetric((_, column) => this.values[index * metricNames.length + column] ?? Number.NaN);
  }

  /** A copy with the rows of all steps up to this one. */
  upTo(step: number): Figures {
    let rows = this.count;
    while (rows > 0 && this.row(rows - 1).step > step) rows--;
    return Figures.of(this.values.slice(0, rows * metricNames.length));
  }

  /** Copies of the values, row by row. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.values.slice(0, this.count * metricNames.length).buffer);
  }

  static of(values: Float64Array<ArrayBuffer>): Figures {
    const figures = new Figures();
    figures.count = Math.floor(values.length / metricNames.length);
    figures.values = values.length > 0 ? values : figures.values;
    return figures;
  }
}

/** What one run has measured. */
export interface Annals {
  figures: Figures;
  scores: readonly KnnResult[];
}

const empty = (): Annals => ({ figures: new Figures(), scores: [] });

export class Chronicle {
  private present: { id: number; annals: Annals } | null = null;
  private others = new Map<number, Annals>();
  private waiting: { step: number; resolve: (there: boolean) => void }[] = [];

  /** Tells, and takes it down. */
  hearing(tell: Emit): Emit {
    return (event) => {
      this.hear(event);
      tell(event);
    };
  }

  private hear(event: TrainerEvent): void {
    switch (event.type) {
      case 'run-started':
        this.take(event);
        return;
      case 'metrics': {
        const figures = this.present?.annals.figures;
        figures?.append(event.rows);
        this.tell((step) => (figures?.lastStep ?? 0) >= step, true);
        return;
      }
      case 'knn':
        if (this.present) this.present.annals.scores = [...this.present.annals.scores, event.result];
        return;
      case 'runs': {
        const listed = new Set(event.runs.map(({ id }) => id));
        this.others = new Map([...this.others].filter(([id]) => listed.has(id)));
        return;
      }
      default:
    }
  }

  /**
   * As the page does: of a run that goes on stands what it, or a parent that counts the same steps, has measured up to its
   * step.
   */
  private take(started: Extract<TrainerEvent, { type: 'run-started' }>): void {
    const { id, step } = started;
    this.tell(() => true, false);
    if (this.present) this.others.set(this.present.id, this.present.annals);
    const before = heldFor(started, this.others);
    const annals = before ? upTo(before, step) : empty();
    this.others.delete(id);
    this.present = { id, annals };
  }

  /** What the present run has measured up to a step. */
  upTo(step: number): Annals {
    return this.present ? upTo(this.present.annals, step) : empty();
  }

  /** The k-NN score of the present run at this very step, percent. */
  scoreAt(step: number): number | null {
    return this.present?.annals.scores.findLast((result) => result.step === step)?.teacher ?? null;
  }

  /** Resolves when the present run's figures of this step are there; false where another has taken its place. */
  reached(step: number): Promise<boolean> {
    if ((this.present?.annals.figures.lastStep ?? 0) >= step) return Promise.resolve(true);
    return new Promise((resolve) => this.waiting.push({ step, resolve }));
  }

  private tell(which: (step: number) => boolean, there: boolean): void {
    const told = this.waiting.filter(({ step }) => which(step));
    this.waiting = this.waiting.filter((each) => !told.includes(each));
    for (const { resolve } of told) resolve(there);
  }
}

function upTo({ figures, scores }: Annals, step: number): Annals {
  return { figures: figures.upTo(step), scores: scores.filter((result) => result.step <= step) };
}

const annalsSchema = z.object({
  columns: z.array(z.string()),
  scores: z.array(knnResultSchema).readonly(),
});

/** Both parts of a kept file. */
export function writeAnnals({ figures, scores }: Annals): { figures: Uint8Array; annals: Uint8Array } {
  const text = JSON.stringify({ columns: metricNames, scores } satisfies z.input<typeof annalsSchema>);
  return { figures: figures.bytes, annals: new TextEncoder().encode(text) };
}

/** Figures of other names than today's are left out: the curves then begin where the run goes on. */
export function readAnnals(
  figures: Uint8Array<ArrayBuffer> | undefined,
  annals: Uint8Array | undefined,
): Annals {
  const json: unknown = JSON.parse(new TextDecoder().decode(annals));
  const { columns, scores } = annalsSchema.parse(json);
  const same = columns.join() === metricNames.join();
  const values = new Float64Array(same && figures ? figures.slice().buffer : new ArrayBuffer());
  return { figures: Figures.of(values), scores };
}
