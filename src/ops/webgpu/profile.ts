/** Times every dispatch by itself, with the GPU's own clock. */

export interface TimedDispatch {
  name: string;
  milliseconds: number;
}

const QUERIES = 4096;
const STAMP = 8;

/** Needs the feature timestamp-query. Each dispatch gets a pass and a submit, so whole steps are slower. */
export class Profile {
  private readonly set: GPUQuerySet;
  private readonly device: GPUDevice;
  private readonly names: string[] = [];
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;

  constructor(device: GPUDevice) {
    this.device = device;
    this.set = device.createQuerySet({ type: 'timestamp', count: QUERIES });
  }

  begin(device: GPUDevice, name: string): GPUComputePassEncoder {
    const first = 2 * this.names.length;
    if (first + 2 > QUERIES) throw new RangeError(`More than ${QUERIES / 2} dispatches are timed at once`);
    this.names.push(name);
    this.encoder = device.createCommandEncoder();
    this.pass = this.encoder.beginComputePass({
      timestampWrites: {
        querySet: this.set,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    });
    return this.pass;
  }

  end(): void {
    this.pass?.end();
    if (this.encoder) this.device.queue.submit([this.encoder.finish()]);
  }

  /** Times of all dispatches so far, in their order; the profile is then used up. */
  async finish(): Promise<TimedDispatch[]> {
    const count = 2 * this.names.length;
    const size = Math.max(1, count) * STAMP;
    const { COPY_SRC, COPY_DST, QUERY_RESOLVE, MAP_READ } = GPUBufferUsage;
    const resolved = this.device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = this.device.createBuffer({ size, usage: COPY_DST | MAP_READ });
    const encoder = this.device.createCommandEncoder();
    if (count > 0) encoder.resolveQuerySet(this.set, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    for (const buffer of [resolved, staging]) buffer.destroy();
    this.set.destroy();
    return this.names.map((name, i) => ({
      name,
      milliseconds: Number((stamps[2 * i + 1] ?? 0n) - (stamps[2 * i] ?? 0n)) / 1e6,
    }));
  }
}
