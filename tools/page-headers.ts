/** The headers that the page is served with, wherever headers can be set: what it may do, and that it is isolated. */

/**
 * Content security policy: everything comes from the page's own folder, and nothing is sent anywhere. Binaries travel as
 * `data:` and `blob:`, which are no connections. Mantine sets styles in the document, hence inline styles.
 */
const POLICY: Record<string, string> = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' blob: data:",
  'media-src': 'blob:',
  'connect-src': 'blob: data:',
  'manifest-src': "'self'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** Powers of the browser that a page which trains networks has no use for. */
const REFUSED_POWERS = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
];

/** Without these a page has no SharedArrayBuffer, and WASM stays on one thread. */
export const ISOLATION_HEADERS: Record<string, string> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const policyText = (policy: Record<string, string>) =>
  Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');

export const PAGE_HEADERS: Record<string, string> = {
  ...ISOLATION_HEADERS,
  'Content-Security-Policy': policyText(POLICY),
  'Permissions-Policy': REFUSED_POWERS.map((power) => `${power}=()`).join(', '),
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

export const SERVICE_WORKER = 'service-worker.js';

/** The service worker alone may fetch, from the page's own folder: it keeps the page. */
export const SERVICE_WORKER_HEADERS: Record<string, string> = {
  ...PAGE_HEADERS,
  'Content-Security-Policy': policyText({ ...POLICY, 'connect-src': "'self'" }),
};

/** Headers for what is asked for at this path of the page's folder. */
export const headersFor = (path: string): Record<string, string> =>
  path.endsWith(`/${SERVICE_WORKER}`) ? SERVICE_WORKER_HEADERS : PAGE_HEADERS;

/** Two rules that both fit would give a path both policies, so no rule may fit what another does. */
const RULES: readonly (readonly [path: string, headers: Record<string, string>])[] = [
  ['/', PAGE_HEADERS],
  ['/index.html', PAGE_HEADERS],
  ['/assets/*', PAGE_HEADERS],
  [`/${SERVICE_WORKER}`, SERVICE_WORKER_HEADERS],
];

/** The file `_headers` that Netlify and Cloudflare Pages read. */
export const headersFile = (): string =>
  RULES.map(([path, headers]) =>
    [path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`), ''].join('\n'),
  ).join('\n');

/** A server block's part for nginx, with the page in `root`. */
export const nginxText = (): string => {
  const place = (path: string, headers: Record<string, string>) =>
    [
      `location ${path} {`,
      ...Object.entries(headers).map(([name, value]) => `  add_header ${name} "${value}" always;`),
      '}',
    ].join('\n');
  return [place('/', PAGE_HEADERS), place(`= /${SERVICE_WORKER}`, SERVICE_WORKER_HEADERS)].join('\n\n');
};
