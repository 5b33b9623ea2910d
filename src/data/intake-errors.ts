/** How an intake ends without a catalogue, and how an error reads in the list of skipped files. */

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export class IntakeCancelled extends Error {
  override name = 'IntakeCancelled';
  constructor() {
    super('reading the images was cancelled');
  }
}

export class NoImagesError extends Error {
  override name = 'NoImagesError';
  /** Every file that was looked at and not taken. */
  readonly skipped: readonly { path: string; reason: string }[];
  /** System files that were passed over in silence. */
  readonly ignored: number;
  constructor(skipped: readonly { path: string; reason: string }[], ignored: number) {
    const [first] = skipped;
    super(
      first
        ? `None of ${skipped.length} ${skipped.length === 1 ? 'file' : 'files'} could be used as an image; ` +
            `the first, ${first.path}: ${first.reason}.`
        : 'There are no images among these files.',
    );
    this.skipped = skipped;
    this.ignored = ignored;
  }
}
