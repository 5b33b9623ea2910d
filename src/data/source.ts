/** Something that may be an image, in a file of its own or in an archive. */

export interface Source {
  /** With the folders that it lies in, those of its archive included. */
  path: string;
  /** Out of an archive. */
  packed: boolean;
  /** The first `count` bytes, fewer only where there are no more. */
  head(count: number): Promise<Uint8Array>;
  whole(): Promise<Blob>;
}
