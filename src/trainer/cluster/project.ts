/** The PyTorch project, as it lies in the repository's folder `cluster`: text by file name. */
const files = import.meta.glob<string>('../../../cluster/*.{py,md,txt}', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export const clusterProject: ReadonlyMap<string, string> = new Map(
  Object.entries(files).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1), text]),
);
