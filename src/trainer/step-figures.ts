/** The figures of each step, read from the ring that the steps write, without making a step wait. */
import { FIGURES } from '../dino/step.ts';
import { Ring } from '../ops/ring.ts';

const ROWS = 32;

interface Waiting {
  row: number;
  resolve: (figures: Float32Array) => void;
  reject: (reason: unknown) => void;
}

export class StepFigures {
  readonly ring = new Ring(ROWS, FIGURES);
  /** Given to the device and in no reading yet. */
  private waiting: Waiting[] = [];
  private readings = 0;

  /** The row that this step writes. */
  rowOf(step: number): number {
    return step % ROWS;
  }

  /** Figures of a step that has been given to the device just now; one reading may bring those of several steps. */
  of(step: number): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row: this.rowOf(step), resolve, reject });
      this.read();
    });
  }

  dispose(): void {
    this.ring.dispose();
  }

  private read(): void {
    // One reading at a time, but none may wait until its row is written again.
    if (this.waiting.length === 0 || (this.readings > 0 && this.waiting.length < ROWS / 2)) return;
    const covered = this.waiting;
    this.waiting = [];
    this.readings++;
    void this.ring
      .read()
      .then((values) => {
        for (const { row, resolve } of covered) resolve(values.slice(row * FIGURES, (row + 1) * FIGURES));
      })
      .catch((error: unknown) => {
        for (const { reject } of covered) reject(error);
      })
      .then(() => {
        this.readings--;
        this.read();
      });
  }
}
