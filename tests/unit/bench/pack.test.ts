/** The packed bench: a folder that runs by itself, away from this repository. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { reportSchema } from '../../../bench/report.ts';
import { ROOT } from '../../../tools/command.ts';

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'packed-bench-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('runs from its own folder, on the adapter that the machine has', async () => {
  await execute('npx', ['--no-install', 'tsx', 'bench/run-node.ts', '--pack', folder], { cwd: ROOT });
  const file = join(folder, 'found.json');
  const { stdout } = await execute('sh', [
    join(folder, 'run.sh'),
    ...['--config', 'toy', '--ours', '--quick', '--steps', '2', '--json', file],
  ]);
  const [report] = reportSchema.array().parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(report?.ours.seconds.min).toBeGreaterThan(0);
  expect(report?.ours.gpu?.dispatches).toBeGreaterThan(0);
  expect(report?.peak.best).toBeGreaterThan(0);
  expect(report?.place).toContain('Node');
  expect(stdout).toContain('effective GFLOP/s');
});
