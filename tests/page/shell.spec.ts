/** The page's shell: keys, colors, settings in the address, a bad address, taking things away. */
import { expect, type Page, test } from '@playwright/test';

/** The usual settings with few images, which are there at once. */
const FEW = './#data.trainSamples=40&data.valSamples=16&training.batchSize=4';

/** The controls are ready once the samples are there; nothing was pressed. */
async function openPage(page: Page, address = FEW): Promise<void> {
  await page.goto(address);
  await expect(statusLine(page)).toContainText('Ready:');
}

const statusLine = (page: Page) => page.getByTestId('status-line');
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const seed = (page: Page) => page.getByRole('spinbutton', { name: 'Seed', exact: true });

async function openGroup(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
}

test('shows samples and their crops before anything is pressed', async ({ page }) => {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  await openPage(page, './');
  await expect(statusLine(page)).toContainText('Ready: 2,400 images');
  await expect(page.getByText('2,000 to train on, 400 to check')).toBeVisible();
  await expect(page.getByRole('option').first()).toBeVisible();
  await expect(page.getByText('Global views')).toBeVisible();
  await expect(button(page, 'Train')).toBeEnabled();
  await expect(button(page, 'Step')).toBeEnabled();
  await expect(page.getByRole('button', { name: /^Backend: (WASM|WebGPU)/ })).toBeVisible();
  expect(problems).toEqual([]);
});

test('fits 1280 × 720 without scrolling the page, its columns scroll by themselves', async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 720 });
  await openPage(page);
  const overflow = await page.evaluate(() => {
    const { scrollHeight, scrollWidth, clientHeight, clientWidth } = document.documentElement;
    return { down: scrollHeight - clientHeight, across: scrollWidth - clientWidth };
  });
  expect(overflow).toEqual({ down: 0, across: 0 });
  for (const name of ['Train', 'Step', 'Reset', 'File', 'Help', 'Settings'])
    await expect(button(page, name)).toBeInViewport();
});

test('stacks on a tablet without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 820, height: 1180 });
  await openPage(page);
  const across = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(across).toBeLessThanOrEqual(0);
  const picker = page.getByText('Choose a folder');
  await picker.scrollIntoViewIfNeeded();
  await expect(picker).toBeInViewport();
});

test('keeps the chosen colors over a reload', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await openPage(page);
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await button(page, 'Switch to dark colors').click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.reload();
  await expect(button(page, 'Switch to light colors')).toBeVisible();
  expect(await background()).toBe(dark);
});

test('writes a changed setting to the address, and a reload keeps it', async ({ page }) => {
  await openPage(page);
  await openGroup(page, 'Run');
  await seed(page).fill('41');
  await seed(page).press('Enter');
  await expect(page).toHaveURL(/training\.seed=41/);
  await page.getByLabel('Preset').selectOption('nano');
  await expect(page).toHaveURL(/preset=nano/);
  await page.reload();
  await expect(statusLine(page)).toContainText('Ready');
  await expect(page.getByLabel('Preset')).toHaveValue('nano');
  await openGroup(page, 'Run');
  await expect(seed(page)).toHaveValue('41');
});

test('refuses a value with the reason and keeps the old one', async ({ page }) => {
  await openPage(page);
  await openGroup(page, 'Backbone');
  const heads = page.getByRole('spinbutton', { name: 'Heads' });
  await heads.fill('5');
  await heads.press('Enter');
  await expect(page.getByRole('alert')).toContainText('not a multiple of 5 heads');
  await expect(page).not.toHaveURL(/heads/);
  await heads.press('Escape');
  await expect(heads).toHaveValue('3');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('reports a bad address, opens all the same, and lets the notice go', async ({ page }) => {
  await openPage(page, './#training.batchSize=-3');
  const notice = page.getByRole('note', { name: 'Address' });
  await expect(notice).toContainText('training.batchSize');
  await expect(page.getByLabel('Preset')).toHaveValue('samples');
  await button(page, 'Dismiss the notice').click();
  await expect(notice).toHaveCount(0);
});

test('finds settings by their words', async ({ page }) => {
  await openPage(page);
  await page.getByLabel('Find a setting').fill('prototypes');
  await expect(page.getByRole('spinbutton', { name: 'Prototypes' })).toBeVisible();
  await expect(seed(page)).toHaveCount(0);
});

test('lists the layers of the network that the settings make', async ({ page }) => {
  await openPage(page, './#preset=nano&data.trainSamples=40&data.valSamples=16');
  const opener = page.getByRole('button', { name: /^Model summary: 599,968 parameters/ });
  await opener.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Model summary' });
  await expect(dialog.getByRole('row', { name: /^Network 512 599,968 / })).toBeVisible();
  await expect(dialog.getByRole('row', { name: /blocks\.3\.attn\.qkv 65 × 288 27,936 / })).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByLabel('Preset').selectOption('small');
  await expect(page.getByRole('button', { name: /^Model summary: 3,278,528 parameters/ })).toBeVisible();
});

test('runs by keys alone, and keys rest while a person types', async ({ page }) => {
  await openPage(page);
  await page.keyboard.press('.');
  await expect(statusLine(page)).toContainText('Paused at step 1 of');

  await page.keyboard.press(' ');
  await expect(button(page, 'Pause')).toBeVisible();
  await expect(statusLine(page)).toContainText('Training: step');
  await page.keyboard.press(' ');
  await expect(statusLine(page)).toContainText('Paused at step');

  const search = page.getByLabel('Find a setting');
  const paused = await statusLine(page).textContent();
  await search.fill('');
  await search.pressSequentially('r. ?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(statusLine(page)).toHaveText(paused ?? '');
  await search.fill('');
  await search.blur();

  await page.keyboard.press('r');
  const question = page.getByRole('dialog', { name: 'Begin anew?' });
  await expect(question).toContainText('stays in the Runs tab');
  await question.getByRole('button', { name: 'Go on' }).click();
  await expect(question).toHaveCount(0);
  await expect(statusLine(page)).toHaveText(paused ?? '');
  await page.keyboard.press('r');
  await question.getByRole('button', { name: 'Begin anew' }).click();
  await expect(statusLine(page)).toContainText('Ready');
  // Keys rest while a dialog is there, and it takes a moment to fade.
  await expect(question).toHaveCount(0);

  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and help' });
  await expect(help).toContainText('Train, or pause');
  await page.keyboard.press('Escape');
  await expect(help).toHaveCount(0);
});

test('says that changes wait for the next run, and begins it', async ({ page }) => {
  await openPage(page);
  await button(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  await openGroup(page, 'Run');
  await seed(page).fill('5');
  await seed(page).press('Enter');
  await expect(page.getByText('One change waits')).toBeVisible();
  await button(page, 'Begin anew to apply').click();
  await expect(page.getByText('One change waits')).toHaveCount(0);
  await expect(statusLine(page)).toContainText('Ready');
});

test('gives metrics and checkpoint as files', async ({ page }) => {
  await openPage(page);
  await button(page, 'Step').click();
  await expect(statusLine(page)).toContainText('Paused at step 1 of');
  await button(page, 'File').click();

  const metrics = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Save metrics', exact: true }).click();
  const file = await metrics;
  expect(file.suggestedFilename()).toBe('metrics.jsonl');
  const stream = await file.createReadStream();
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines[0]).toMatchObject({ type: 'summary', images: 56, seed: 0 });
  expect(lines[1]).toMatchObject({ type: 'step', step: expect.any(Number), loss: expect.any(Number) });

  await expect(page.getByRole('menu')).toHaveCount(0);
  await button(page, 'File').click();
  const checkpoint = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Save checkpoint' }).click();
  expect((await checkpoint).suggestedFilename()).toBe('dino-custom-step1.safetensors');
});
