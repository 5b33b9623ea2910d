/** What goes on with a run in PyTorch, as one folder: the project, the state, its settings, and whom it trained on. */
import type { NamedPieces } from './export.ts';
import { type RunTree, treePieces } from './state.ts';

/**
 * @param project text by file name.
 * @param images paths of the training images.
 */
export function clusterFolder(
  folder: string,
  project: ReadonlyMap<string, string>,
  tree: RunTree,
  images: readonly string[],
): NamedPieces[] {
  const text = (content: string) => [new TextEncoder().encode(content)];
  const config: unknown = JSON.parse(tree.config);
  const files: NamedPieces[] = [
    ...[...project].map(([name, content]) => ({ name, pieces: text(content) })),
    { name: 'config.json', pieces: text(`${JSON.stringify(config, null, 2)}\n`) },
    { name: 'images.json', pieces: text(`${JSON.stringify(images)}\n`) },
    { name: 'state.safetensors', pieces: treePieces(tree) },
  ];
  return files.map(({ name, pieces }) => ({ name: `${folder}/${name}`, pieces }));
}
