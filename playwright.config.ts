/** Page tests: the built page in headless Chromium, on WASM and on WebGPU's software adapter. */
import { defineConfig } from '@playwright/test';
import { findChromium, QUIET_FLAGS, SOFTWARE_WEBGPU_FLAGS, UNZEROED_MEMORY } from './tools/chromium.ts';

// Set once by the main process and inherited by its workers, so that two checkouts can test side by side.
const executablePath = process.env.CHROME_PATH ?? findChromium();
const port = process.env.PAGE_PORT ?? String(20_000 + (process.pid % 20_000));
process.env.CHROME_PATH = executablePath;
process.env.PAGE_PORT = port;
const address = `http://127.0.0.1:${port}/`;
const serve = `npx vite preview --host 127.0.0.1 --port ${port} --strictPort`;

/** Tests crash the GPU process more often than the browser would put up with. */
const FRAGILE_GPU_FLAGS = ['--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis'];

function browser(extra: string[]) {
  return { launchOptions: { executablePath, args: [...QUIET_FLAGS, ...extra] } };
}

export default defineConfig({
  testDir: 'tests/page',
  outputDir: 'test-results',
  // Every test trains a network; side by side they would only slow each other down.
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  use: {
    baseURL: address,
    viewport: { width: 1440, height: 900 },
    actionTimeout: 60_000,
    screenshot: 'only-on-failure',
    trace: 'off',
    // It would answer in place of the page's server; the tests of it ask for it.
    serviceWorkers: 'block',
  },
  projects: [
    { name: 'wasm', testIgnore: '**/*.webgpu.spec.ts', use: browser([]) },
    {
      name: 'webgpu',
      testMatch: '**/*.webgpu.spec.ts',
      use: browser([...SOFTWARE_WEBGPU_FLAGS, ...FRAGILE_GPU_FLAGS, `--${UNZEROED_MEMORY}`]),
    },
  ],
  webServer: {
    // tools/test.ts builds beforehand and says so, as a build takes longer than everything else here.
    command: process.env.PAGE_BUILT === '1' ? serve : `npx vite build && ${serve}`,
    url: address,
    timeout: 300_000,
    reuseExistingServer: false,
    stdout: 'ignore',
    stderr: 'pipe',
  },
});
