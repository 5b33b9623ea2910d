/** Holds the shape of the source: who may import whom, and that every room and file says what it is for. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../src', import.meta.url));

/** The arrows of the design: what each room leans on. A room may import all that it reaches along them. */
const ARROWS: Record<string, readonly string[]> = {
  config: [],
  core: [],
  protocol: ['config'],
  data: ['core'],
  // A checkpoint is the state of a run: it stores what dino moves, under the names that model gives.
  checkpoint: ['dino'],
  ops: ['core'],
  model: ['ops'],
  dino: ['model'],
  eval: ['model'],
  trainer: ['protocol', 'data', 'dino', 'eval', 'checkpoint'],
  client: ['protocol', 'core'],
  state: ['client'],
  ui: ['state'],
  offline: [],
};

/** Rooms in which tensors live; tfjs is imported nowhere else. */
const TENSOR_ROOMS = ['ops', 'model', 'dino', 'eval', 'checkpoint', 'trainer'];

function reachable(room: string, found = new Set<string>()): Set<string> {
  for (const next of ARROWS[room] ?? [])
    if (!found.has(next)) {
      found.add(next);
      reachable(next, found);
    }
  return found;
}

/** What a file imports, in any way: statically, re-exporting, as a type, dynamically. Worker URLs are no imports. */
function importsOf(path: string, code: string): string[] {
  const { module, program, errors } = parseSync(path, code);
  const [error] = errors;
  if (error) throw new SyntaxError(`${path}: ${error.message}`);
  const found = new Set<string>();
  for (const { moduleRequest } of module.staticImports) found.add(moduleRequest.value);
  for (const { entries } of module.staticExports)
    for (const { moduleRequest } of entries) if (moduleRequest) found.add(moduleRequest.value);
  const walk = (node: unknown) => {
    if (Array.isArray(node)) return node.forEach(walk);
    if (node === null || typeof node !== 'object') return;
    if ('type' in node && (node.type === 'ImportExpression' || node.type === 'TSImportType')) {
      const { source } = { source: null, ...node };
      const value = literalIn(source);
      if (value === null)
        throw new SyntaxError(`${path}: an import whose name is computed cannot be checked`);
      found.add(value);
    }
    Object.values(node).forEach(walk);
  };
  walk(program);
  return [...found];
}

function literalIn(node: unknown): string | null {
  if (node === null || typeof node !== 'object') return null;
  if ('value' in node && typeof node.value === 'string') return node.value;
  return 'literal' in node ? literalIn(node.literal) : null;
}

/** What is wrong with the imports of a file; `path` is relative to src, with forward slashes. */
function faultsOf(path: string, code: string): string[] {
  const [room, ...rest] = path.split('/');
  if (rest.length === 0) return path.endsWith('.d.ts') ? [] : [`${path}: a file outside of every room`];
  if (room === undefined || !(room in ARROWS)) return [`${path}: unknown room ${room}`];
  const allowed = reachable(room).add(room);
  const faults: string[] = [];
  if (!/^(#!.*\n)?\s*\/\*\*/.test(code) && !path.endsWith('.d.ts'))
    faults.push(`${path}: does not open with a comment that says its purpose`);
  for (const name of importsOf(path, code)) {
    if (name.startsWith('.')) {
      const target = join(dirname(path), name).split(sep).join('/');
      if (target === '../package.json') continue;
      const other = target.split('/')[0] ?? '';
      if (!allowed.has(other)) faults.push(`${path}: ${room} must not import ${other} (${name})`);
      if (!/\.(ts|tsx|css|json|wgsl|svg|wasm)(\?\w+(&\w+)*)?$/.test(name))
        faults.push(`${path}: ${name} lacks its extension`);
    } else if (name.startsWith('@tensorflow/') && !TENSOR_ROOMS.includes(room)) {
      faults.push(`${path}: ${room} must not import tfjs (${name})`);
    }
  }
  return faults;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

const files = filesIn(SOURCE)
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => ({ path: relative(SOURCE, path).split(sep).join('/'), code: readFileSync(path, 'utf8') }));
const rooms = readdirSync(SOURCE).filter((name) => statSync(join(SOURCE, name)).isDirectory());

describe('the source', () => {
  it('has only the rooms of the design', () => {
    expect(rooms.filter((room) => !(room in ARROWS))).toEqual([]);
  });

  it.each(rooms)('%s has a README of at most 15 lines', (room) => {
    const text = readFileSync(join(SOURCE, room, 'README.md'), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  });

  it('imports along the arrows of the design, and each file says what it is for', () => {
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap(({ path, code }) => faultsOf(path, code))).toEqual([]);
  });
});

describe('the check itself', () => {
  const opening = '/** A purpose. */\n';

  it.each([
    ['ui/a.tsx', "import { x } from '../data/b.ts';", 'ui must not import data (../data/b.ts)'],
    ['ui/a.tsx', "import type { X } from '../trainer/b.ts';", 'ui must not import trainer (../trainer/b.ts)'],
    ['ui/deep/a.tsx', "import '../../ops/b.ts';", 'ui must not import ops (../../ops/b.ts)'],
    ['state/a.ts', "export * from '../ui/b.ts';", 'state must not import ui (../ui/b.ts)'],
    [
      'client/a.ts',
      "const x = await import('../trainer/b.ts');",
      'client must not import trainer (../trainer/b.ts)',
    ],
    ['config/a.ts', "let x: import('../core/b.ts').X;", 'config must not import core (../core/b.ts)'],
    [
      'dino/a.ts',
      "import { x } from '../protocol/b.ts';",
      'dino must not import protocol (../protocol/b.ts)',
    ],
    [
      'core/a.ts',
      "import * as tf from '@tensorflow/tfjs-core';",
      'core must not import tfjs (@tensorflow/tfjs-core)',
    ],
    [
      'ui/a.ts',
      "import '@tensorflow/tfjs-backend-wasm';",
      'ui must not import tfjs (@tensorflow/tfjs-backend-wasm)',
    ],
    ['ui/a.ts', "import { x } from '../state/b';", '../state/b lacks its extension'],
    ['helpers/a.ts', '', 'unknown room helpers'],
    ['a.ts', '', 'a file outside of every room'],
  ])('refuses, in %s: %s', (path, code, fault) => {
    expect(faultsOf(path, opening + code)).toEqual([`${path}: ${fault}`]);
  });

  it('refuses a file without a purpose, and an import it cannot read', () => {
    expect(faultsOf('core/a.ts', 'export const x = 1;')).toEqual([
      'core/a.ts: does not open with a comment that says its purpose',
    ]);
    expect(() => faultsOf('core/a.ts', `${opening}await import(name);`)).toThrow(/computed/);
  });

  it.each([
    ['ui/a.tsx', "import { x } from '../state/b.ts'; import { y } from '../core/c.ts'; import 'react';"],
    ['client/a.ts', "new Worker(new URL('../trainer/entry.ts', import.meta.url), { type: 'module' });"],
    ['trainer/a.ts', "import { x } from '../dino/b.ts'; import { y } from '../config/c.ts';"],
    ['ops/a.ts', "import * as tf from '@tensorflow/tfjs-core'; // import '../ui/x.ts'"],
    ['state/a.ts', "import { version } from '../../package.json';"],
  ])('lets pass, in %s: %s', (path, code) => {
    expect(faultsOf(path, opening + code)).toEqual([]);
  });
});
