/** A store of files in memory that can die at any byte, be full, be emptied, and have its bytes turned over. */
import type { FileStore } from '../../../src/checkpoint/keep-file.ts';

/** Whoever wrote is no more; nothing after this happens in the store. */
export class Killed extends Error {
  override name = 'Killed';
}

export class MemoryStore implements FileStore {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** What is done until it dies: a byte written counts one, and so does a move or a removal. */
  life = Number.POSITIVE_INFINITY;
  quota = Number.POSITIVE_INFINITY;

  /** In no order that anybody could count on. */
  async list(): Promise<{ name: string; bytes: number }[]> {
    this.assureAlive();
    return [...this.files].map(([name, { byteLength }]) => ({ name, bytes: byteLength })).reverse();
  }

  async write(name: string, pieces: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<void> {
    this.assureAlive();
    this.files.set(name, new Uint8Array());
    for await (const piece of pieces) {
      const room = this.quota - this.bytes;
      const taken = piece.slice(0, Math.max(0, Math.min(this.life, room)));
      this.files.set(name, joined(this.files.get(name) ?? new Uint8Array(), taken));
      this.live(taken.byteLength);
      if (taken.byteLength < piece.byteLength) {
        this.assureAlive();
        throw new DOMException('The store is full', 'QuotaExceededError');
      }
    }
  }

  async move(from: string, to: string): Promise<void> {
    this.live(1);
    const file = this.files.get(from);
    if (!file) throw new DOMException(`There is no ${from}`, 'NotFoundError');
    this.files.delete(from);
    this.files.set(to, file);
  }

  async read(name: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
    this.assureAlive();
    const file = this.files.get(name);
    if (!file) throw new DOMException(`There is no ${name}`, 'NotFoundError');
    return file.slice(from, to);
  }

  async remove(name: string): Promise<void> {
    this.live(1);
    this.files.delete(name);
  }

  get bytes(): number {
    return [...this.files.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Turns one bit over. */
  flip(name: string, bit: number): void {
    const file = this.files.get(name);
    const byte = file?.[bit >> 3];
    if (!file || byte === undefined) throw new RangeError(`There is no bit ${bit} of ${name}`);
    file[bit >> 3] = byte ^ (1 << (bit & 7));
  }

  cut(name: string, bytes: number): void {
    this.files.set(name, (this.files.get(name) ?? new Uint8Array()).slice(0, bytes));
  }

  private live(cost: number): void {
    this.assureAlive();
    this.life -= cost;
    if (this.life <= 0) throw new Killed();
  }

  private assureAlive(): void {
    if (this.life <= 0) throw new Killed();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.byteLength + b.byteLength);
  both.set(a);
  both.set(b, a.byteLength);
  return both;
}
