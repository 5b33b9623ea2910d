/** Builds the page where the build is missing or older than its source, and serves it. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build, preview } from 'vite';
import { ROOT } from './command.ts';

const INPUTS = ['src', 'public', 'index.html', 'package.json', 'vite.config.ts'];

/** Newest change below a path, milliseconds; 0 where there is nothing. */
function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const state = statSync(path);
  if (!state.isDirectory()) return state.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

export function buildIsStale(): boolean {
  const built = newest(join(ROOT, 'dist', 'index.html'));
  return INPUTS.some((input) => newest(join(ROOT, input)) > built);
}

export interface Served {
  /** Address of the page, with a closing slash. */
  url: string;
  close(): Promise<void>;
}

/** Serves dist/ on a free port of this machine alone, cross-origin isolated. */
export async function serveBuiltPage(): Promise<Served> {
  if (buildIsStale()) {
    console.log('Building the page…');
    await build({ root: ROOT, logLevel: 'warn' });
  }
  const server = await preview({ root: ROOT, logLevel: 'warn', preview: { host: '127.0.0.1', open: false } });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error('The page server started without an address.');
  return { url, close: () => server.close() };
}
