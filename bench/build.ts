/** Bundles the bench: a page for browsers, and a folder for Node that needs nothing but itself. */
import { chmodSync, copyFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { ROOT } from '../tools/command.ts';

const BENCH = join(ROOT, 'bench');
export const PAGE_FOLDER = join(ROOT, 'out', 'bench', 'page');

/** The page with its workers, each a bundle of its own. */
export async function buildPage(): Promise<void> {
  await build({
    root: join(BENCH, 'page'),
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'error',
    build: { outDir: PAGE_FOLDER, emptyOutDir: true },
  });
}

/** A bundle each, so that nothing of one side gets into the other. */
const PROGRAMS = ['main', 'ours', 'naive'];

/** Fills a folder with the programs, the package webgpu with its library for this kind of machine, and a way to start. */
export async function buildForNode(folder: string): Promise<void> {
  for (const program of PROGRAMS) {
    await build({
      configFile: false,
      root: BENCH,
      logLevel: 'error',
      ssr: { noExternal: true, external: ['webgpu'] },
      build: {
        ssr: join(BENCH, 'node', `${program}.ts`),
        outDir: folder,
        emptyOutDir: false,
        target: 'node20',
        rolldownOptions: {
          output: {
            entryFileNames: `${program}.mjs`,
            chunkFileNames: `${program}-[name].mjs`,
          },
        },
      },
    });
  }
  copyFileSync(join(BENCH, 'torch_step.py'), join(folder, 'torch_step.py'));
  copyFileSync(join(BENCH, 'node', 'run.sh'), join(folder, 'run.sh'));
  chmodSync(join(folder, 'run.sh'), 0o755);
  copyWebGpu(join(folder, 'node_modules', 'webgpu'));
}

function copyWebGpu(to: string): void {
  const from = dirname(fileURLToPath(import.meta.resolve('webgpu')));
  const arch = process.platform === 'darwin' ? 'universal' : process.arch;
  const platform = join('dist', `${process.platform}-${arch}`);
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const file of ['package.json', 'index.js', 'LICENSE.md'])
    copyFileSync(join(from, file), join(to, file));
  cpSync(join(from, platform), join(to, platform), { recursive: true });
}
