/** How a file that the page found but could not open travels in a list of files. */

const TYPE = 'application/x-unreadable';

/** A file of a type that no disk has, whose text is the reason. */
export function unreadableFile(name: string, reason: string): File {
  return new File([reason], name, { type: TYPE });
}

/** The reason why a file could not be opened, or null for any other file. */
export async function reasonUnreadable(file: Blob): Promise<string | null> {
  return file.type === TYPE ? file.text() : null;
}
