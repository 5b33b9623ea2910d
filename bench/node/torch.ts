/** Times the same step in PyTorch, where a python3 with torch is to be found. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunConfig } from '../../src/config/schema.ts';
import type { Given, Start } from '../contestant.ts';
import { type Torch, torchSchema } from '../report.ts';

const LONGEST = 30 * 60_000; // ms

const runs = (python: string, program: string): boolean => spawnSync(python, ['-c', program]).status === 0;

/** BENCH_PYTHON where it is set, else a python3 whose PyTorch has a GPU: on a processor a step can take minutes. */
function pythonWithTorch(): string | null {
  const chosen = process.env.BENCH_PYTHON;
  if (chosen !== undefined) return runs(chosen, 'import torch, numpy') ? chosen : null;
  const onGpu = 'import torch, numpy; assert torch.cuda.is_available()';
  return ['python3', '/usr/bin/python3'].find((python) => runs(python, onGpu)) ?? null;
}

/** PyTorch was found and failed; the message is its own. */
export class TorchError extends Error {
  override name = 'TorchError';
}

/** Writes float32 arrays one after the other and says where each lies. */
function filed(folder: string, config: RunConfig, { start, inputs }: Given): void {
  const file = openSync(join(folder, 'values.bin'), 'w');
  let offset = 0;
  const put = (values: Float32Array<ArrayBuffer>, shape: number[]) => {
    writeSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    const place = { shape, offset };
    offset += values.length;
    return place;
  };
  const named = (tensors: Start['parameters']) =>
    tensors.map(({ name, shape, values }) => ({ name, ...put(values, shape) }));
  const described = {
    settings: config,
    parameters: named(start.parameters),
    buffers: named(start.buffers),
    inputs: inputs.map(({ views, kept, ...at }) => ({
      views: views.map(({ patches, sequences, rows, columns }) => ({
        rows,
        columns,
        patches: put(patches, [sequences, rows * columns, patches.length / (sequences * rows * columns)]),
      })),
      kept: kept.map(({ block, branch, keep }) => ({ block, branch, keep: put(keep, [keep.length]) })),
      at,
    })),
  };
  closeSync(file);
  writeFileSync(join(folder, 'given.json'), JSON.stringify(described));
}

/** Null where there is no PyTorch to compare with. @throws TorchError */
export function timeTorch(script: string, config: RunConfig, given: Given): Torch | null {
  const python = pythonWithTorch();
  if (!python) return null;
  const folder = mkdtempSync(join(tmpdir(), 'dino-bench-'));
  try {
    filed(folder, config, given);
    const { status, stdout, stderr } = spawnSync(python, [script, folder], {
      encoding: 'utf8',
      timeout: LONGEST,
    });
    if (status !== 0) throw new TorchError(stderr.trim());
    return torchSchema.parse(JSON.parse(stdout));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
