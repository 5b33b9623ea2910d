/** Settings as text that other programs read: YAML written and read, JSON read. The YAML library is fetched when it is needed. */

/** A file of settings beyond this is none. */
const LONGEST = 2 ** 18;

/** The text is neither JSON nor YAML, or not of an object; the message says where. */
export class SettingsTextError extends Error {
  override name = 'SettingsTextError';
}

/** The document in a file, by its outermost keys. @throws SettingsTextError */
export async function readDocument(file: Blob): Promise<Map<string, unknown>> {
  if (file.size > LONGEST)
    throw new SettingsTextError(`it has ${Math.ceil(file.size / 1024)} KiB, and settings have a few`);
  const text = await file.text();
  const value = jsonOf(text) ?? (await yamlOf(text));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsTextError('it holds no keys with values');
  return new Map(Object.entries(value));
}

/** null where it is no JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function yamlOf(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    // Of version 1.2, in which "no" is a word and not a switch; repeated keys and a flood of aliases are errors.
    return parse(text, { maxAliasCount: 10, uniqueKeys: true });
  } catch (error) {
    throw new SettingsTextError(
      error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    );
  }
}

/** Keys and values as YAML, under lines of comment. */
export async function yamlText(
  keys: readonly (readonly [key: string, value: unknown])[],
  comment: readonly string[],
): Promise<string> {
  const { stringify } = await import('yaml');
  return comment.map((line) => `# ${line}\n`).join('') + stringify(Object.fromEntries(keys));
}
