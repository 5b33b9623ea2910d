/** One test body for every backend: a fixture's first step and whole trajectory agree with the official numbers. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type NodeBackend, startBackend } from '../../tools/node-backend.ts';
import { compareWithFixture } from '../../tools/parity/compare.ts';
import { readStepFixture } from '../../tools/parity/fixture.ts';

export function expectParity(backend: NodeBackend, fixtures: string[]): void {
  describe(`on ${backend}`, () => {
    beforeAll(async () => {
      await startBackend(backend);
    });

    it.each(fixtures)('%s agrees in outputs, gradients, updated weights and five losses', async (name) => {
      const fixture = readStepFixture(readFileSync(`tests/fixtures/${name}.safetensors`));
      const quantities = await compareWithFixture(fixture);
      expect(quantities.length).toBeGreaterThan(15);
      expect(quantities.filter(({ passed }) => !passed)).toEqual([]);
    });
  });
}
