/** What hosts are told: the policy itself, and that files and documents agree with it. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { headersFile, headersFor, nginxText, PAGE_HEADERS } from '../../../tools/page-headers.ts';

const policyOf = (headers: Record<string, string>) =>
  new Map(
    (headers['Content-Security-Policy'] ?? '').split('; ').map((directive): [string, string[]] => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources];
    }),
  );

it('lets the page and its workers connect to no origin, and make no code of text', () => {
  const policy = policyOf(PAGE_HEADERS);
  expect(policy.get('default-src')).toEqual(["'none'"]);
  expect(policy.get('connect-src')).toEqual(['blob:', 'data:']);
  expect(policy.get('script-src')).toEqual(["'self'", "'wasm-unsafe-eval'"]);
  for (const [, sources] of policy)
    for (const source of sources) expect(source).not.toMatch(/^https?:|\*|'unsafe-eval'/);
});

it('lets the service worker alone reach the page’s own folder', () => {
  expect(policyOf(headersFor('/any/folder/service-worker.js')).get('connect-src')).toEqual(["'self'"]);
  expect(headersFor('/any/folder/assets/worker-1.js')).toBe(PAGE_HEADERS);
});

it('gives each path one policy in the file for hosts', () => {
  const rules = headersFile().split('\n\n');
  expect(rules.map((rule) => rule.split('\n')[0])).toEqual([
    '/',
    '/index.html',
    '/assets/*',
    '/service-worker.js',
  ]);
  for (const rule of rules) expect(rule.match(/Content-Security-Policy/g)).toHaveLength(1);
});

it('is what the document on hosting says', () => {
  const text = readFileSync(new URL('../../../docs/hosting.md', import.meta.url), 'utf8');
  expect(text).toContain(nginxText());
});
