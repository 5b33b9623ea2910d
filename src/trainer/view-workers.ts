/** Workers that make the views of the coming steps while the present one is computed. */
import type { RunConfig } from '../config/schema.ts';
import { type Batch, rowsLength } from './view-plan.ts';
import { type ViewRequest, viewReplySchema } from './view-worker-messages.ts';

/** What is needed of a worker, so that tests can stand in for it. */
export interface ViewWorker {
  postMessage(request: ViewRequest, transfer: ArrayBuffer[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  onmessageerror: ((event: MessageEvent<unknown>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

export type Rows = Float32Array<ArrayBuffer>;

/** A step whose views are made or under way. */
interface Job {
  step: number;
  /** Resolves with null when the worker fails. */
  rows: Promise<Rows | null>;
  abandon: () => void;
}

interface Seat {
  worker: ViewWorker;
  job: Job | null;
}

export class ViewWorkers {
  private readonly config: RunConfig;
  private readonly batchOf: (step: number) => Batch;
  private readonly seats: Set<Seat>;
  /** Memory that no worker has at present. */
  private readonly spare: Rows[] = [];

  /** `batchOf` says which images a step has; `count` is how many steps are prepared at once. */
  constructor(
    config: RunConfig,
    batchOf: (step: number) => Batch,
    count: number,
    makeWorker: () => ViewWorker = newWorker,
  ) {
    this.config = config;
    this.batchOf = batchOf;
    this.seats = new Set(Array.from({ length: count }, () => ({ worker: makeWorker(), job: null })));
  }

  /** Has the views of `step` and of the steps after it made, as many as there are workers. */
  begin(step: number): void {
    for (let wanted = step; wanted < step + this.seats.size; wanted++) {
      if (this.seatOf(wanted)) continue;
      const free = [...this.seats].find(({ job }) => job === null);
      if (free) free.job = this.ask(free, wanted);
    }
  }

  /** Resolves when whoever was asked for the rows of `step` is done with them. */
  async made(step: number): Promise<void> {
    await this.seatOf(step)?.job?.rows;
  }

  /** The rows of `step` once they are made; null where no worker was asked for them, or it failed. */
  async take(step: number): Promise<Rows | null> {
    const seat = this.seatOf(step);
    const rows = (await seat?.job?.rows) ?? null;
    if (seat) seat.job = null;
    return rows;
  }

  /** Memory for the rows of a step. */
  memory(): Rows {
    return this.spare.pop() ?? new Float32Array(rowsLength(this.config));
  }

  /** Takes back the memory of rows that were used. */
  giveBack(rows: Rows): void {
    this.spare.push(rows);
  }

  /** Whoever waits for rows gets null. */
  dispose(): void {
    for (const seat of this.seats) this.retire(seat);
  }

  private seatOf(step: number): Seat | undefined {
    return [...this.seats].find(({ job }) => job?.step === step);
  }

  /** Sends copies of the pixels: that takes a hundredth of the time that the views take, and nothing is held twice. */
  private ask(seat: Seat, step: number): Job {
    const { config } = this;
    const { worker } = seat;
    const { epoch, images } = this.batchOf(step);
    const copies = images.map((image) => ({ ...image, rgba: image.rgba.slice() }));
    const rows = this.memory();
    const { length } = rows;
    let abandon = () => {};
    const made = new Promise<Rows | null>((resolve) => {
      abandon = () => resolve(null);
      const fail = () => this.retire(seat);
      worker.onmessageerror = worker.onerror = fail;
      worker.onmessage = ({ data }) => {
        const reply = viewReplySchema.safeParse(data);
        if (reply.success && reply.data.step === step && reply.data.rows.length === length)
          resolve(reply.data.rows);
        else fail();
      };
    });
    worker.postMessage({ step, config, epoch, images: copies, rows }, [
      ...copies.map(({ rgba }) => rgba.buffer),
      rows.buffer,
    ]);
    return { step, rows: made, abandon };
  }

  /** Ends a worker for good; what it was to make is made by who asks for it. */
  private retire(seat: Seat): void {
    this.seats.delete(seat);
    seat.worker.onmessage = seat.worker.onmessageerror = seat.worker.onerror = null;
    seat.worker.terminate();
    seat.job?.abandon();
  }
}

function newWorker(): ViewWorker {
  return new Worker(new URL('./view-worker.ts', import.meta.url), { type: 'module', name: 'views' });
}
