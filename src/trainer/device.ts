/** The device that computes: opened, watched, and opened again after it was lost. */
import type { BackendInfo, Fault } from '../protocol/values.ts';
import { openBackend, type Preference } from './backend.ts';
import { gpuError, outOfMemory } from './faults.ts';
import type { Emit } from './reporter.ts';

export interface DeviceHost {
  /** The device is gone, and all tensors with it. */
  lost(message: string): void;
  /** The device is there, and what it computed last cannot be trusted. */
  failed(fault: Fault): void;
  activity(text: string | null): void;
}

export class Device {
  private readonly emit: Emit;
  private readonly host: DeviceHost;
  private prefer: Preference = 'auto';
  private info: BackendInfo | null = null;
  private there = true;
  private lossCount = 0;

  constructor(emit: Emit, host: DeviceHost) {
    this.emit = emit;
    this.host = host;
  }

  /** null until one is open. */
  get backend(): BackendInfo | null {
    return this.info;
  }

  /** Tensors that were made on it are still there. */
  get usable(): boolean {
    return this.there;
  }

  get onGpu(): boolean {
    return this.info?.backend === 'webgpu';
  }

  /** How often one was lost in this visit. */
  get losses(): number {
    return this.lossCount;
  }

  async open(prefer: Preference): Promise<void> {
    this.prefer = prefer;
    this.host.activity('Looking for the fastest way to compute here…');
    this.there = true;
    this.info = await openBackend(prefer, {
      lost: (reason, message) => {
        if (reason === 'destroyed') return;
        this.there = false;
        this.lossCount++;
        this.host.lost(message);
      },
      error: (kind, message) =>
        this.host.failed(kind === 'out-of-memory' ? outOfMemory(message) : gpuError(message)),
    });
    this.host.activity(null);
    this.emit({ type: 'opened', backend: this.info });
  }

  /** Opens one in place of one that was lost. */
  async renew(): Promise<void> {
    await this.open(this.prefer);
  }
}
