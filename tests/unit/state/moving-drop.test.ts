/** What a dropped file is taken for, by its name. */
import { expect, it } from 'vitest';
import { isPickled, openableAs } from '../../../src/state/moving-drop.ts';

it.each([
  ['run-step40.safetensors', 'weights'],
  ['dino_deitsmall16_pretrain.pth', 'weights'],
  ['brave-otter-teacher-step40-hugging-face.zip', 'weights'],
  ['brave-otter-teacher-step40-hugging-face (1).zip', 'weights'],
  ['settings.YAML', 'settings'],
  ['config.json', 'settings'],
  ['photos.zip', null],
  ['hugging-face.zip', null],
  ['cats.tar.gz', null],
  ['safetensors', null],
])('%s is taken for %s', (name, what) => {
  expect(openableAs(name)).toBe(what);
});

it('knows pickles, which are only spoken of', () => {
  expect(isPickled('model.ckpt')).toBe(true);
  expect(isPickled('model.safetensors')).toBe(false);
});
