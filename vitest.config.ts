/** Unit tests and parity: plain Node, no browser. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { UNZEROED_MEMORY } from './tools/chromium.ts';
import { vulkanEnvironment } from './tools/vulkan.ts';

// Inherited by the processes that run the tests: the Vulkan loader is looked up when a process starts.
Object.assign(process.env, vulkanEnvironment());
process.env.DAWN_OPTIONS = UNZEROED_MEMORY;

/** Tests of rooms that keep nothing, or whose tests begin with fresh stores: no file sees what another leaves behind. */
const PURE = [
  ...['bench', 'checkpoint', 'client', 'config', 'core', 'data', 'model', 'tools', 'ui'].map(
    (room) => `tests/unit/${room}/**/*.test.ts`,
  ),
  // A page never ends what it starts.
  'tests/unit/state/**/!(start).test.ts',
];

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // By itself it leaves one of two processors to nobody.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: 'tests/kernels-setup.ts',
    // Models train a few steps here; a slow machine must not fail for being slow.
    testTimeout: 900_000,
    hookTimeout: 120_000,
    projects: [
      // What the files import is loaded once for all of them, which is most of their time.
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
      {
        extends: true,
        test: {
          name: 'tensors',
          include: ['tests/unit/**/*.test.ts', 'tests/parity/*.test.ts', 'tests/layering.test.ts'],
          exclude: PURE,
        },
      },
    ],
  },
});
