/** Hands bytes or text to the person as a file. */

/** @param name file name the browser proposes. */
export function download(name: string, content: BlobPart, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after click() returns; a minute is ample.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
