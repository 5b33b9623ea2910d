/** Who lies where in one buffer: places of any length, and the least recently used gives way. */

interface Span {
  start: number;
  length: number;
}

interface Resident extends Span {
  /** The turn in which it was last used. */
  turn: number;
}

/** Pure bookkeeping: whoever owns the buffer copies the contents. */
export class Residents {
  readonly capacity: number;
  /** Least recently used first, as a Map keeps the order of insertion. */
  private readonly held = new Map<number, Resident>();
  /** In order of their starts, no two adjacent. */
  private free: Span[];
  private turn = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.free = [{ start: 0, length: capacity }];
  }

  /** How many residents there are. */
  get size(): number {
    return this.held.size;
  }

  /** From here on, what is asked for stays until the next turn. */
  nextTurn(): void {
    this.turn++;
  }

  /** Where the resident begins; null where it is none. */
  find(key: number): number | null {
    const own = this.held.get(key);
    if (!own) return null;
    own.turn = this.turn;
    this.held.delete(key);
    this.held.set(key, own);
    return own.start;
  }

  /**
   * A place for one that is no resident yet, made free by others if need be; null where those of this turn leave no room.
   * Room for all is certain where the capacity is twice the number of those times the largest.
   */
  admit(key: number, length: number): number | null {
    for (;;) {
      const gap = this.free.findIndex((span) => span.length >= length);
      const span = this.free[gap];
      if (span) {
        const { start } = span;
        if (span.length === length) this.free.splice(gap, 1);
        else this.free[gap] = { start: start + length, length: span.length - length };
        this.held.set(key, { start, length, turn: this.turn });
        return start;
      }
      if (!this.evictOldest()) return null;
    }
  }

  private evictOldest(): boolean {
    const [oldest] = this.held;
    if (!oldest || oldest[1].turn === this.turn) return false;
    const [key, { start, length }] = oldest;
    this.held.delete(key);
    const after = this.free.findIndex((span) => span.start > start);
    this.free.splice(after < 0 ? this.free.length : after, 0, { start, length });
    this.free = merged(this.free);
    return true;
  }
}

function merged(spans: readonly Span[]): Span[] {
  const whole: Span[] = [];
  for (const { start, length } of spans) {
    const last = whole.at(-1);
    if (last && last.start + last.length === start) last.length += length;
    else whole.push({ start, length });
  }
  return whole;
}
