/** A run on WebGPU, on Chromium's software adapter: what is shown, what is computed, and a GPU that goes away. */
import type { Page } from '@playwright/test';
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep, savedMetrics, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

/** A software adapter takes seconds where a GPU takes milliseconds. */
const PATIENCE = { timeout: 180_000 };

const TINY = {
  'training.batchSize': 2,
  'evaluation.knnEvery': 0,
  'data.valSamples': 8,
  'views.localCount': 1,
};
const READY = TOY_READY.replace('56', '48');

/** Fails where the browser has no WebGPU at all, rather than letting the page fall back to WASM. */
async function requireAdapter(page: Page): Promise<void> {
  const found = await page.evaluate(async () => {
    // The first question can come before the GPU process is up.
    for (let left = 20; left > 0; left--) {
      if (await navigator.gpu?.requestAdapter()) return true;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return false;
  });
  expect(
    found,
    'this browser offers no WebGPU adapter, not even a software one: see SOFTWARE_WEBGPU_FLAGS in tools/chromium.ts',
  ).toBe(true);
}

async function openTiny(page: Page, backend: 'wasm' | 'webgpu', steps: number): Promise<void> {
  await openPage(page, toy({ ...TINY, 'training.steps': steps }), backend);
  if (backend === 'webgpu') await requireAdapter(page);
  await expect(statusLine(page)).toContainText(READY, PATIENCE);
}

async function lossesOf(page: Page, steps: number): Promise<number[]> {
  await control(page, 'Train').click();
  await expect(statusLine(page)).toContainText(`Finished: ${steps} steps`, PATIENCE);
  const { steps: rows } = await savedMetrics(page);
  return rows.map(({ loss }) => loss);
}

test('names the GPU, says that it is being prepared, and computes what WASM computes', async ({ page }) => {
  await openTiny(page, 'webgpu', 4);
  await expect(page.getByRole('button', { name: /^Backend: WebGPU · .*SwiftShader/i })).toBeVisible();

  const said: string[] = [];
  await page.exposeFunction('heard', (text: string) => said.push(text));
  await statusLine(page).evaluate((line) => {
    const tell = () => Reflect.get(window, 'heard')(line.textContent);
    new MutationObserver(tell).observe(line, { childList: true, characterData: true, subtree: true });
  });
  const onGpu = await lossesOf(page, 4);
  expect(said.some((text) => text.startsWith('Preparing the GPU'))).toBe(true);
  expect((await savedMetrics(page)).summary).toMatchObject({ backend: 'webgpu', software: true });

  await openTiny(page, 'wasm', 4);
  await expect(page.getByRole('button', { name: /^Backend: WASM/ })).toBeVisible();
  const onWasm = await lossesOf(page, 4);
  expect(onGpu).toHaveLength(4);
  onGpu.forEach((loss, step) => {
    expect(Math.abs(loss - (onWasm[step] ?? Number.NaN)), `step ${step + 1}`).toBeLessThan(3e-5);
  });
  // A loss that stands still would agree as well.
  expect(new Set(onGpu).size).toBe(4);
});

test('goes on by itself after the GPU was lost once; the second time it says where the run is saved, and Reset begins anew', async ({
  page,
  browser,
  complaints,
}) => {
  const alert = page.getByRole('alert');
  const note = page.getByRole('note', { name: 'Lost GPU' });
  const whole = await browser.newBrowserCDPSession();
  const loseGpu = async () => {
    // The session of the browser may end with the process that it ends.
    await whole.send('Browser.crashGpuProcess').catch(() => undefined);
  };
  const trainBeyond = async (step: number) => {
    await control(page, 'Train').click();
    await expect.poll(() => stepShown(page), PATIENCE).toBeGreaterThan(step);
  };

  await openTiny(page, 'webgpu', 100_000);
  await trainBeyond(0);
  await control(page, 'Pause').click();
  const paused = await pausedStep(page);
  await expect(page.getByTestId('saved')).toContainText('saved', PATIENCE);
  await trainBeyond(paused + 1);
  await loseGpu();
  await expect(note).toContainText(`The run went on from step ${paused}, its last good state`, PATIENCE);
  await expect(alert).toHaveCount(0);
  await expect(page.getByRole('button', { name: /^Backend: WebGPU/ })).toBeVisible();
  await expect.poll(() => stepShown(page), PATIENCE).toBeGreaterThan(paused + 2);
  await control(page, 'Pause').click();
  const again = await pausedStep(page);
  // The figures of the last steps come once the GPU has done them.
  const rows = async () => (await savedMetrics(page)).steps.map(({ step }) => step);
  await expect.poll(rows, PATIENCE).toEqual(Array.from({ length: again }, (_, i) => i + 1));

  await loseGpu();
  await expect(alert).toContainText('The browser lost the GPU a second time', PATIENCE);
  await expect(alert).toContainText(`The run is saved at step ${again}: restart the browser`);
  await expect(statusLine(page)).toContainText('Stopped: ');
  await expect(control(page, 'Train')).toBeDisabled();
  await control(page, 'Reset').click();
  await expect(alert).toHaveCount(0, PATIENCE);
  await expect(statusLine(page)).toContainText(READY, PATIENCE);
  await control(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of', PATIENCE);
  // The browser's own words on its dead GPU processes.
  complaints.length = 0;
});
