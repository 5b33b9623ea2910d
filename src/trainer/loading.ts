/** Reading images, one set at a time: a newer wish ends the one before. */
import type { Catalogue } from '../data/catalogue.ts';
import { IntakeCancelled } from '../data/intake.ts';
import type { LoadTools } from './images.ts';
import type { Emit } from './reporter.ts';

export class Loading {
  private readonly emit: Emit;
  private current: AbortController | null = null;
  private ended: Promise<void> = Promise.resolve();

  constructor(emit: Emit) {
    this.emit = emit;
  }

  get underWay(): boolean {
    return this.current !== null;
  }

  /** Resolves when nothing is being read, whatever came of it. */
  async settled(): Promise<void> {
    while (this.underWay) await this.ended;
  }

  cancel(): void {
    this.current?.abort();
  }

  /** Reads, tells of the progress, and hands the catalogue on unless a newer wish has come meanwhile. */
  load(
    read: (tools: LoadTools) => Promise<Catalogue>,
    use: (catalogue: Catalogue) => Promise<void>,
  ): Promise<void> {
    const mine = this.work(read, use);
    this.ended = mine.catch(() => undefined);
    return mine;
  }

  private async work(
    read: (tools: LoadTools) => Promise<Catalogue>,
    use: (catalogue: Catalogue) => Promise<void>,
  ): Promise<void> {
    this.current?.abort();
    const mine = new AbortController();
    this.current = mine;
    try {
      const catalogue = await read({
        signal: mine.signal,
        onProgress: (progress) => {
          if (this.current === mine) this.emit({ type: 'intake', progress });
        },
      });
      if (this.current === mine) await use(catalogue);
    } catch (error) {
      if (!(error instanceof IntakeCancelled)) throw error;
      if (this.current === mine) this.emit({ type: 'intake-cancelled' });
    } finally {
      if (this.current === mine) this.current = null;
    }
  }
}
