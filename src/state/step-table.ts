/** Every step's metrics, kept whole in columns that grow. */
import { type MetricName, metricNames, perMetric } from '../protocol/step-metrics.ts';
import type { StepMetrics } from '../protocol/values.ts';

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
    return perMetric((name) => this.#columns[name][index] ?? Number.NaN);
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
  return perMetric(() => new Float64Array(capacity));
}
