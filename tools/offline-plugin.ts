/** Writes what a static host needs beside the bundle: the service worker with its list of files, and a table of headers. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Plugin, transformWithOxc } from 'vite';
import { ROOT } from './command.ts';
import { headersFile, headersFor, PAGE_HEADERS, SERVICE_WORKER } from './page-headers.ts';

const SOURCE = join(ROOT, 'src', 'offline', 'service-worker.ts');
const HEADERS = '_headers';

/** Paths below the folder, with forward slashes, in a fixed order. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** As browsers check it: https://www.w3.org/TR/SRI/. */
const integrityOf = (bytes: Buffer) => `sha384-${createHash('sha384').update(bytes).digest('base64')}`;

/** The page, with the digest of each script and style sheet that it names. */
export const pinned = (page: string, bytesOf: (file: string) => Buffer): string =>
  page.replace(
    /(<(?:script|link)\b[^>]*?)\s(src|href)="\.\/(assets\/[^"]+)"/g,
    (_, before: string, attribute: string, file: string) =>
      `${before} ${attribute}="./${file}" integrity="${integrityOf(bytesOf(file))}"`,
  );

async function workerText(folder: string): Promise<string> {
  const names = filesBelow(folder).filter((file) => file !== SERVICE_WORKER && file !== HEADERS);
  const files = Object.fromEntries(
    names.map((file) => [file, integrityOf(readFileSync(join(folder, file)))]),
  );
  const hash = createHash('sha256').update(JSON.stringify(files));
  const { code } = await transformWithOxc(readFileSync(SOURCE, 'utf8'), SOURCE);
  const given = { FILES: files, VERSION: hash.digest('hex').slice(0, 16), HEADERS: PAGE_HEADERS };
  const constants = Object.entries(given).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
  return [...constants, code].join('\n');
}

/** Serves a build as hosts are meant to. */
export const pageHeaders = (): Plugin => ({
  name: 'page-headers',
  configurePreviewServer: ({ middlewares }) => {
    middlewares.use(({ url = '/' }, response, next) => {
      const { pathname } = new URL(url, 'http://page');
      for (const [name, value] of Object.entries(headersFor(pathname))) response.setHeader(name, value);
      next();
    });
  },
});

export const offline = (): Plugin => ({
  name: 'offline',
  apply: 'build',
  writeBundle: {
    order: 'post',
    sequential: true,
    async handler({ dir }) {
      const folder = dir ?? join(ROOT, 'dist');
      const page = join(folder, 'index.html');
      writeFileSync(
        page,
        pinned(readFileSync(page, 'utf8'), (file) => readFileSync(join(folder, file))),
      );
      writeFileSync(join(folder, SERVICE_WORKER), await workerText(folder));
      writeFileSync(join(folder, HEADERS), headersFile());
    },
  },
});
