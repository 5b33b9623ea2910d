/** A ResNet in the page: chosen in the settings, trained, and its activation maps where a ViT has attention. */
import { control, expect, openPage, statusLine, test } from './chromium.ts';
import { pausedStep, stepShown } from './support/run.ts';
import { TOY_READY, toy } from './support/toy.ts';

test('trains a narrow ResNet-18 and shows where its features come from', async ({ page }, info) => {
  await openPage(
    page,
    toy({
      'views.globalSize': 32,
      'views.localSize': 16,
      'backbone.width': 4,
      'backbone.stem': 'small',
      'training.steps': 100_000,
      'evaluation.knnEvery': 0,
    }),
  );
  await expect(statusLine(page)).toContainText(TOY_READY);
  await page.getByRole('button', { name: /^Backbone/ }).click();
  await expect(page.getByLabel('Patch', { exact: true })).toBeVisible();
  await page.getByLabel('Network', { exact: true }).selectOption('resnet18');
  await expect(page.getByLabel('Channels', { exact: true })).toHaveValue('4');
  await expect(page.getByLabel('Patch', { exact: true })).toBeHidden();

  await control(page, 'Train').click();
  await expect.poll(() => stepShown(page)).toBeGreaterThan(5);
  await control(page, 'Pause').click();
  await pausedStep(page);

  await page.getByRole('tab', { name: 'Attention' }).click();
  await expect(page.getByRole('heading', { name: 'Activation maps' })).toBeVisible();
  await expect(page.getByRole('img', { name: /^Teacher, all channels on .*: peak/ }).first()).toBeVisible();
  await expect(page.getByText('2nd channel').first()).toBeVisible();
  await page.screenshot({ path: info.outputPath('activation-maps.png') });

  await page.getByText('One picture, closer').click();
  await expect(page.getByText(/network is a ResNet: it has no attention/).first()).toBeVisible();
  await page.screenshot({ path: info.outputPath('closer.png') });
});
