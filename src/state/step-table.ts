/** Every step's metrics, kept whole in columns that grow. */
import type { StepMetrics } from '../protocol/values.ts';
import { stepMetricsSchema } from '../protocol/values.ts';

export type MetricName = keyof StepMetrics;
export const metricNames = stepMetricsSchema.keyof().options;

const FIRST_CAPACITY = 1024;

export class StepTable {
  #length = 0;
  #capacity = FIRST_CAPACITY;
  #columns = emptyColumns(FIRST_CAPACITY);

  get length(): number {
    return this.#length;
  }

  append(rows: readonly StepMetrics[]): void {
    this.#reserve(this.#length + rows.length);
    for (const row of rows) {
      for (const name of metricNames) this.#columns[name][this.#length] = row[name];
      this.#length += 1;
    }
  }

  /** [length], a view that is valid until the next append or clear. */
  column(name: MetricName): Float64Array {
    return this.#columns[name].subarray(0, this.#length);
  }

  /** @throws RangeError beyond the last row. */
  row(index: number): StepMetrics {
    if (index < 0 || index >= this.#length) {
      throw new RangeError(`row ${index} of a table of ${this.#length} steps`);
    }
    const at = (name: MetricName) => this.#columns[name][index] ?? Number.NaN;
    return {
      step: at('step'),
      epoch: at('epoch'),
      loss: at('loss'),
      lr: at('lr'),
      weightDecay: at('weightDecay'),
      momentum: at('momentum'),
      teacherTemp: at('teacherTemp'),
      teacherEntropy: at('teacherEntropy'),
      kl: at('kl'),
      featureSpread: at('featureSpread'),
      gradNorm: at('gradNorm'),
      seconds: at('seconds'),
    };
  }

  /** A table of its own with the rows of all steps up to this one. */
  upTo(step: number): StepTable {
    const table = new StepTable();
    const rows = this.column('step').findLastIndex((each) => each <= step) + 1;
    table.#reserve(rows);
    for (const name of metricNames) table.#columns[name].set(this.column(name).subarray(0, rows));
    table.#length = rows;
    return table;
  }

  clear(): void {
    this.#length = 0;
    this.#capacity = FIRST_CAPACITY;
    this.#columns = emptyColumns(FIRST_CAPACITY);
  }

  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    while (this.#capacity < rows) this.#capacity *= 2;
    const grown = emptyColumns(this.#capacity);
    for (const name of metricNames) grown[name].set(this.column(name));
    this.#columns = grown;
  }
}

function emptyColumns(capacity: number): Record<MetricName, Float64Array> {
  const column = () => new Float64Array(capacity);
  return {
    step: column(),
    epoch: column(),
    loss: column(),
    lr: column(),
    weightDecay: column(),
    momentum: column(),
    teacherTemp: column(),
    teacherEntropy: column(),
    kl: column(),
    featureSpread: column(),
    gradNorm: column(),
    seconds: column(),
  };
}
