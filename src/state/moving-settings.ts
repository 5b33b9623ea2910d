/** Settings that come in as a file: read, reported, and taken when the person says so. */
import { readDocument, SettingsTextError } from '../client/settings-text.ts';
import { isRecipe, readRecipe } from '../config/recipe-file.ts';
import { isGrouped, readGroups } from '../config/settings-file.ts';
import { movingStore } from './moving.ts';
import { setConfig, settingsStore } from './settings.ts';

/** Reads a file of settings and shows what is in it. */
export async function openSettings(file: File): Promise<void> {
  const { name } = file;
  movingStore.setState({ dialog: 'settings', settings: { name, reading: null, refusal: null } });
  const settings = { name, ...(await read(file)) };
  // Another file may have been chosen meanwhile, or the dialog closed.
  if (movingStore.getState().settings?.name === name) movingStore.setState({ settings });
}

async function read(file: File) {
  const { config } = settingsStore.getState();
  try {
    const document = await readDocument(file);
    if (isGrouped(document)) return { reading: readGroups(document, config), refusal: null };
    if (isRecipe(document)) return { reading: readRecipe(document, config), refusal: null };
    return {
      reading: null,
      refusal: `${file.name}: none of its keys is a setting here, or one of the recipe’s.`,
    };
  } catch (error) {
    if (!(error instanceof SettingsTextError)) throw error;
    return { reading: null, refusal: `${file.name}: ${error.message}.` };
  }
}

/** Takes what was read. Like every change, it holds at once before the first step, and else from the next run. */
export function takeSettings(): void {
  const { settings } = movingStore.getState();
  if (settings?.reading) setConfig(settings.reading.config);
  closeSettings();
}

export function closeSettings(): void {
  movingStore.setState({ dialog: null, settings: null });
}
