/** The keys of a JSON text as they are written: JSON.parse keeps the last of two that are alike and says nothing. */

/** A string with a colon behind it if it is a key, or a bracket; all else in valid JSON is numbers and words. */
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g;

/** A key that some object of the text has twice, or null. `text` must be valid JSON. */
export function repeatedKey(text: string): string | null {
  /** The keys so far of each object that is open; an array has none. */
  const open: Set<unknown>[] = [];
  for (const [token, quoted, colon] of text.matchAll(TOKENS)) {
    if (token === '{' || token === '[') open.push(new Set());
    else if (token === '}' || token === ']') open.pop();
    else if (quoted && colon) {
      // Escapes can write one key in several ways.
      const key: unknown = JSON.parse(quoted);
      const keys = open.at(-1);
      if (keys?.has(key)) return String(key);
      keys?.add(key);
    }
  }
  return null;
}
