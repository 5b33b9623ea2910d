/** `npm run check`: format and lint, types of page, worker and tools, holes in dependencies, and the arrows between the rooms. */
import { fileURLToPath } from 'node:url';
import { runTool } from './command.ts';

export interface Check {
  title: string;
  tool: string;
  args: string[];
}

/** Biome colors every letter by itself where it is not asked to leave it. */
const PLAIN = process.stdout.isTTY ? [] : ['--colors=off'];

export const STATIC_CHECKS: readonly Check[] = [
  { title: 'Format and lint', tool: 'biome', args: ['ci', ...PLAIN, '.'] },
  { title: 'Types of the page', tool: 'tsc', args: ['-p', 'tsconfig.page.json'] },
  { title: 'Types of the worker', tool: 'tsc', args: ['-p', 'tsconfig.worker.json'] },
  { title: 'Types of tools and tests', tool: 'tsc', args: ['-p', 'tsconfig.node.json'] },
  { title: 'Holes in dependencies', tool: 'tsx', args: ['tools/audit.ts'] },
];

const LAYERING: Check = {
  title: 'Arrows between the rooms',
  tool: 'vitest',
  args: ['run', 'tests/layering.test.ts'],
};

/** Runs the checks in turn, all of them. Resolves to the titles of those that failed. */
export async function runChecks(checks: readonly Check[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { title, tool, args } of checks) {
    console.log(`\n── ${title}`);
    if ((await runTool(tool, args)) !== 0) failed.push(title);
  }
  return failed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failed = await runChecks([...STATIC_CHECKS, LAYERING]);
  console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
