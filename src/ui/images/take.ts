/** Hands gathered files to the trainer; what goes wrong on the way is a fault for the person. */
import type { SourceFile } from '../../protocol/values.ts';
import { loadFiles, reportDataFault } from '../../state/actions.ts';

/** Begins gathering at once, within the event that gave the files. */
export function take(gather: () => Promise<SourceFile[]>): void {
  gather().then(
    (files) => {
      if (files.length > 0) loadFiles(nameOf(files), files);
      else reportDataFault('What was dropped holds no files.');
    },
    (error: unknown) => reportDataFault(error instanceof Error ? error.message : String(error)),
  );
}

/** The folder or archive that all files lie in, or the one file; otherwise how many there are. */
export function nameOf(files: readonly SourceFile[]): string {
  const [first] = files;
  if (!first) return 'nothing';
  if (files.length === 1) return first.path.split('/').at(-1) ?? first.path;
  const roots = new Set(files.map(({ path }) => (path.includes('/') ? path.split('/')[0] : null)));
  const [root] = roots;
  return roots.size === 1 && root ? root : `${files.length} files`;
}
