/** Unit tests: plain Node, no browser. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['tests/unit/**/*.test.ts', 'tests/layering.test.ts'],
    // Models train a few steps here; a slow machine must not fail for being slow.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
