/** Features that were computed once, kept within a budget: what was longest not asked for goes first. */

const BUDGET = 256 * 2 ** 20; // bytes

export class FeatureCache {
  private readonly budget: number;
  private readonly kept = new Map<string, Float32Array>();

  /** @param budget bytes */
  constructor(budget = BUDGET) {
    this.budget = budget;
  }

  get(key: string): Float32Array | null {
    const rows = this.kept.get(key);
    if (!rows) return null;
    this.kept.delete(key);
    this.kept.set(key, rows);
    return rows;
  }

  set(key: string, rows: Float32Array): void {
    this.kept.delete(key);
    this.kept.set(key, rows);
    let bytes = [...this.kept.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    for (const [other, { byteLength }] of this.kept) {
      if (bytes <= this.budget) break;
      this.kept.delete(other);
      bytes -= byteLength;
    }
  }

  clear(): void {
    this.kept.clear();
  }
}
