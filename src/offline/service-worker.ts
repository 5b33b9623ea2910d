/** Answers every request of the page from a copy on this computer, with the headers that the page is meant to have. */

declare const self: ServiceWorkerGlobalScope;

/** Put before this text by the build: what the page consists of, relative to it, and the digest of each file. */
declare const FILES: Readonly<Record<string, string>>;
/** Changes with any of the files. */
declare const VERSION: string;
declare const HEADERS: Readonly<Record<string, string>>;

export {};

const FAMILY = 'dino-playground-';
const KEPT = FAMILY + VERSION;
const PAGE = 'index.html';
/** Servers say that answers vary by origin, and a page's scripts are asked for with one. */
const LOOSELY = { ignoreSearch: true, ignoreVary: true };

self.addEventListener('install', (event) => {
  event.waitUntil(keepFiles());
});

// A newer version waits until every page of the older one is closed: no run is ever served from two versions.
self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && request.url.startsWith(self.registration.scope))
    event.respondWith(answer(request));
});

async function keepFiles(): Promise<void> {
  const cache = await caches.open(KEPT);
  // Names under assets/ change with what they hold; the others must not come from the browser's own cache. A file that
  // is not the one of the build, by whatever mistake or hand, ends the installation.
  await cache.addAll(
    Object.entries(FILES).map(
      ([file, integrity]) =>
        new Request(file, { integrity, cache: file.startsWith('assets/') ? 'default' : 'reload' }),
    ),
  );
}

async function takeOver(): Promise<void> {
  const older = (await caches.keys()).filter((name) => name.startsWith(FAMILY) && name !== KEPT);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(KEPT);
  const wanted = request.mode === 'navigate' ? PAGE : request;
  const found = (await cache.match(wanted, LOOSELY)) ?? (await fetch(request));
  const headers = new Headers(found.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(found.body, { status: found.status, statusText: found.statusText, headers });
}
