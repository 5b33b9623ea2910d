/** Where a session stands: its phase, whether its numbers can be trusted, and what stops it. */
import type { Fault, Phase } from '../protocol/values.ts';
import type { Emit } from './reporter.ts';

export interface StandingHost {
  /** The phase is another. */
  changed(): void;
  /** No step follows: whoever looks at the run is told why. */
  stopped(reason: string): void;
}

const training = (phase: Phase) => phase === 'running' || phase === 'preparing';

export class Standing {
  private readonly emit: Emit;
  private readonly host: StandingHost;
  private now: Phase = 'empty';
  private trusted = true;
  private trainedBefore = false;
  /** A fault is being left: of what fails meanwhile only another lost device matters. */
  private recovering = false;

  constructor(emit: Emit, host: StandingHost) {
    this.emit = emit;
    this.host = host;
  }

  get phase(): Phase {
    return this.now;
  }

  /** Nothing has gone wrong that may have touched the run's numbers. */
  get numbersHold(): boolean {
    return this.trusted;
  }

  /** Steps are being made, or were until the fault. */
  get trains(): boolean {
    return this.now === 'fault' ? this.trainedBefore : training(this.now);
  }

  set(phase: Phase): void {
    this.now = phase;
    this.host.changed();
  }

  /** Another run is being made, about which nothing is wrong. Nobody is told before it is there: it has no plan yet. */
  begin(): void {
    this.trusted = true;
    this.recovering = false;
    this.now = 'idle';
  }

  /** Stops the run and says why. */
  fail(fault: Fault): void {
    if (this.now === 'fault' && !(this.recovering && fault.kind === 'device-lost')) return;
    // A step whose loss is not finite moves nothing; of any other fault nobody knows what it has touched.
    this.trusted = fault.kind === 'not-finite';
    this.recovering = false;
    this.stop(`The run stopped. ${fault.what} ${fault.remedy}`);
    this.emit({ type: 'activity', text: null });
    this.emit({ type: 'fault', fault });
  }

  /** Stops the run while its fault is being left. */
  hold(reason: string): void {
    this.trusted = false;
    this.recovering = true;
    this.stop(reason);
  }

  private stop(reason: string): void {
    this.trainedBefore = this.trains;
    if (this.now !== 'empty') this.now = 'fault';
    this.host.stopped(reason);
  }
}
