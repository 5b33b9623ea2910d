/** Runs the cluster's project with the machine's PyTorch, where it has one. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian's first: the one on the path may be another, without PyTorch. */
const CANDIDATES = ['/usr/bin/python3', 'python3'];

export interface Python {
  path: string;
  torch: string;
  torchvision: string | null;
}

const ASK = `
import json, torch
try:
    import torchvision
    vision = torchvision.__version__
except ImportError:
    vision = None
print(json.dumps([torch.__version__, vision]))`;

/** null where no Python here has PyTorch. */
export function findPython(): Python | null {
  for (const path of CANDIDATES) {
    if (path.startsWith('/') && !existsSync(path)) continue;
    const { status, stdout } = spawnSync(path, ['-c', ASK], { encoding: 'utf8' });
    if (status !== 0) continue;
    const [torch, torchvision] = JSON.parse(stdout);
    return { path, torch, torchvision };
  }
  return null;
}

/** @throws Error with what the program said, where it fails. */
export function runPython(python: Python, args: string[], input?: string): string {
  const { status, stdout, stderr, error } = spawnSync(python.path, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 64 * 2 ** 20,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: '1' },
  });
  if (status !== 0) throw new Error(`${args.join(' ')}\n${error ?? ''}${stdout}${stderr}`);
  return stdout;
}

/** Of the ninth process, which there is not: as it stands by default torch 1.13 fails to start under Python 3.11. */
const STREAMS = ['-r', '9:1', '-t', '9:1'];

/** A script in several processes that talk over gloo. */
export function runProcesses(python: Python, processes: number, script: string, args: string[]): string {
  const launcher = ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', String(processes)];
  return runPython(python, [...launcher, ...STREAMS, script, ...args]);
}
