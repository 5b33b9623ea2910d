/** Unit tests and parity: plain Node, no browser. */
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { vulkanEnvironment } from './tools/vulkan.ts';

// Inherited by the processes that run the tests: the Vulkan loader is looked up when a process starts.
Object.assign(process.env, vulkanEnvironment());

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    // By itself it leaves one of two processors to nobody.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: 'tests/kernels-setup.ts',
    include: ['tests/unit/**/*.test.ts', 'tests/parity/*.test.ts', 'tests/layering.test.ts'],
    // Models train a few steps here; a slow machine must not fail for being slow.
    testTimeout: 900_000,
    hookTimeout: 120_000,
  },
});
