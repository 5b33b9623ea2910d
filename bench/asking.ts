/** Asks one side of the contest, and checks its answers. */
import type { RunConfig } from '../src/config/schema.ts';
import {
  type BackendName,
  type Begun,
  begunSchema,
  type Contestant,
  type Given,
  givenSchema,
  type KernelTime,
  kernelTimeSchema,
  memorySchema,
  type Opened,
  openedSchema,
  type Peak,
  peakSchema,
  type StepFigures,
  stepFiguresSchema,
} from './contestant.ts';

/** Steps on their way at a time, as in the trainer; WASM computes in the call itself. */
const IN_FLIGHT = { webgpu: 3, wasm: 1 } satisfies Record<BackendName, number>;
/** Steps whose losses are compared, where the naive side gets that far. */
export const COMPARED = 3;

/** @throws ContestantError, ZodError */
export class Asking {
  private readonly side: Contestant;
  private readonly inFlight: number;
  constructor(side: Contestant, backend: BackendName) {
    this.side = side;
    this.inFlight = IN_FLIGHT[backend];
  }
  async open(backend: BackendName, threads: number): Promise<Opened> {
    return openedSchema.parse(await this.side.ask({ ask: 'open', backend, threads }));
  }
  async given(config: RunConfig, images: number): Promise<Given> {
    return givenSchema.parse(await this.side.ask({ ask: 'given', config, images, steps: COMPARED }));
  }
  async begin(config: RunConfig, images: number, given: Given | null): Promise<Begun> {
    return begunSchema.parse(await this.side.ask({ ask: 'begin', config, images, given }));
  }
  async run(steps: number): Promise<StepFigures[]> {
    const { inFlight } = this;
    return stepFiguresSchema
      .array()
      .parse(await this.side.ask({ ask: 'run', steps, inFlight, counted: true }));
  }
  /** Steps that are each given to an idle device which nobody watches. */
  async runAlone(steps: number): Promise<StepFigures[]> {
    return stepFiguresSchema
      .array()
      .parse(await this.side.ask({ ask: 'run', steps, inFlight: 1, counted: false }));
  }
  async peakBytes(): Promise<number> {
    return memorySchema.parse(await this.side.ask({ ask: 'memory' })).peakBytes;
  }
  async peak(config: RunConfig): Promise<Peak> {
    return peakSchema.parse(await this.side.ask({ ask: 'peak', config }));
  }
  async profile(config: RunConfig, images: number): Promise<KernelTime[]> {
    return kernelTimeSchema.array().parse(await this.side.ask({ ask: 'profile', config, images }));
  }
  async end(): Promise<void> {
    await this.side.ask({ ask: 'end' });
  }
}
