/** The fault matrix of docs/reliability.md: every row names a test, and every test that it names exists. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const rows = readFileSync(join(ROOT, 'docs/reliability.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** "`path` “name of a test”", any number of them. */
const named = (cell: string) =>
  [...cell.matchAll(/`([^`]+)`((?:[^`]*?“[^”]+”)+)/g)].flatMap(([, file = '', names = '']) =>
    [...names.matchAll(/“([^”]+)”/g)].map(([, name = '']) => ({ file, name })),
  );

describe('the fault matrix', () => {
  it('has at least forty rows, numbered one after the other, each with what is seen', () => {
    expect(rows.length).toBeGreaterThanOrEqual(40);
    expect(rows.map(([number]) => Number(number))).toEqual(rows.map((_, i) => i + 1));
    for (const [number, fault, seen, test] of rows) {
      expect(
        [fault, seen, test].every((cell) => cell && cell.length > 3),
        `row ${number}`,
      ).toBe(true);
    }
  });

  it('names tests that exist', () => {
    const missing = rows.flatMap(([number, , , cell = '']) => {
      const tests = named(cell);
      if (tests.length === 0) return [`row ${number} names no test`];
      return tests
        .filter(({ file, name }) => {
          const path = join(ROOT, 'tests', file);
          // Quotes within a name are escaped in the source.
          return !existsSync(path) || !readFileSync(path, 'utf8').replaceAll('\\', '').includes(name);
        })
        .map(({ file, name }) => `row ${number}: ${file} has no “${name}”`);
    });
    expect(missing).toEqual([]);
  });
});
