/** What is done before Train is pressed, while nobody asks for anything else: a first look, the machine's speed, shaders. */
import type { Observer } from './observer.ts';
import { probeSpeed } from './probe.ts';
import type { Emit } from './reporter.ts';
import type { TrainingRun } from './training-run.ts';

/** An untrained network is looked at before Train only if it is made in a moment. */
const SMALL_NETWORK = 4_000_000;
const FIRST_LOOK_MS = 300;
export const COMPILING = 'Preparing the GPU: compiling its programs…';

/** What may be done now. */
interface Moment {
  waits: () => boolean;
  idle: () => boolean;
  quiet: () => boolean;
  compiles: boolean;
}

export class Ahead {
  private readonly emit: Emit;
  private readonly observer: Observer;
  private probed = false;

  constructor(emit: Emit, observer: Observer) {
    this.emit = emit;
    this.observer = observer;
  }

  /**
   * The page asks for crops and thumbnails first, and those are ready at once.
   * @param waits whether the run is still the present one and has not been begun.
   * @param idle whether nobody asks for anything meanwhile; images may be read.
   * @param quiet whether no images are read either.
   * @param compiles whether the backend has shaders to compile.
   */
  async begin(run: TrainingRun, { waits, idle, quiet, compiles }: Moment): Promise<void> {
    if (run.parameters > SMALL_NETWORK) return;
    await new Promise((resolve) => setTimeout(resolve, FIRST_LOOK_MS));
    if (!waits()) return;
    await this.observer.look();
    await this.probe(quiet);
    if (compiles && waits() && idle()) await this.compile(run, idle);
  }

  /** Measures the machine once. */
  private async probe(quiet: () => boolean): Promise<void> {
    if (this.probed || !quiet()) return;
    this.activity('Measuring how fast this machine is…');
    await this.observer.exclusively(async () => {
      const speed = await probeSpeed(quiet);
      if (speed) this.emit({ type: 'speed', speed });
      this.probed = speed !== null;
    });
    if (quiet()) this.activity(null);
  }

  private async compile(run: TrainingRun, idle: () => boolean): Promise<void> {
    this.activity(COMPILING);
    await this.observer.exclusively(() => run.prepare());
    if (idle()) this.activity(null);
  }

  private activity(text: string | null): void {
    this.emit({ type: 'activity', text });
  }
}
