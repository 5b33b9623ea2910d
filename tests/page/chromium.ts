/** What page tests share: a page that may not complain, its address, its status line. */
import { test as base, expect, type Page } from '@playwright/test';

/**
 * A test whose page must not throw, and must not log an error of its own. Faults that a test provokes are read from
 * the page's alert, as a person would.
 */
export const test = base.extend<{ complaints: string[] }>({
  complaints: [
    async ({ page }, use) => {
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints, 'errors in the page').toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Opens the page with these settings, e.g. `preset=nano&training.seed=3`, on the backend that is asked for. */
export async function openPage(page: Page, hash = '', backend: 'wasm' | 'webgpu' = 'wasm'): Promise<void> {
  await page.goto(`./?backend=${backend}#${hash}`);
}

/** The line that says what is being computed now. */
export function statusLine(page: Page) {
  return page.getByTestId('status-line');
}

/** The button of the run's controls with this name. */
export function control(page: Page, name: 'Train' | 'Pause' | 'Step' | 'Reset') {
  return page.getByRole('button', { name, exact: true });
}
