/** The command line of a headless run, turned into the address and the files that the page is given. */
import { existsSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { applyOverrides } from '../src/config/overrides.ts';
import { isPresetName, presetNames } from '../src/config/presets.ts';
import type { RunConfig } from '../src/config/schema.ts';
import { decodeHash, encodeConfig } from '../src/config/url.ts';
import { type StudyKind, studyKinds } from '../src/protocol/studies.ts';

/** What can be made of a trained network: the studies, and a map of the images. */
export type Evaluation = StudyKind | 'embedding';
const evaluations: readonly Evaluation[] = [...studyKinds, 'embedding'];

export const USAGE = `npm run headless -- [options]

  --data WHAT       samples, tinted, a folder of images, or a .zip (default: samples)
  --preset NAME     ${presetNames().join(', ')}
                    (default: samples for the samples, nano for anything else)
  --set KEY=VALUE   one setting, e.g. head.prototypes=128; as often as needed
  --steps N         stop after so many steps; the preset's schedules keep their length,
                    or stretch to N (for a plan of N steps: --set training.steps=N)
  --seed S          seed of every random choice
  --pretrained FILE weights that both backbones start from: .safetensors under official,
                    timm or Hugging Face names, or a run saved here (its teacher)
  --eval LIST       studies of the trained network, with commas between them:
                    knn, linear, finetune, report, clusters, duplicates, features, embedding
  --cluster ZIP     where the run goes with a PyTorch project that goes on with it
  --backend NAME    wasm or webgpu (default: what the page chooses)
  --software        WebGPU on Chromium's software adapter; implies --backend webgpu
  --out DIR         where the results go (default: out/headless)
  --help`;

/** A command line that makes no run; the message says what is wrong with it. */
export class CommandLineError extends Error {
  override name = 'CommandLineError';
}

export interface HeadlessOptions {
  data: { kind: 'made'; source: 'samples' | 'tinted' } | { kind: 'folder' | 'zip'; path: string };
  /** A file of weights to start from. */
  pretrained: string | null;
  /** Where the zip for a cluster goes. */
  cluster: string | null;
  config: RunConfig;
  /** Search and hash of the page's address, e.g. "?backend=wasm#preset=nano". */
  address: string;
  backend: 'wasm' | 'webgpu' | null;
  software: boolean;
  /** In the order in which they are made; the map comes last. */
  studies: Evaluation[];
  out: string;
}

/** Null where help was asked for. Throws CommandLineError. */
export function readOptions(argv: string[]): HeadlessOptions | null {
  const values = parse(argv);
  if (values.help) return null;
  const data = dataOf(values.data);
  const preset = values.preset ?? (data.kind === 'made' ? 'samples' : 'nano');
  if (!isPresetName(preset))
    throw new CommandLineError(`There is no preset ${preset}; there are ${presetNames().join(', ')}.`);
  const changes = [...values.set];
  if (values.steps !== undefined) changes.push(`training.stopAfter=${values.steps}`);
  if (values.seed !== undefined) changes.push(`training.seed=${values.seed}`);
  const { config, problem } = decodeHash([`preset=${preset}`, ...changes.map(escaped)].join('&'));
  if (problem !== null) throw new CommandLineError(problem.replace(/^[^:]*: /, 'Settings: '));
  const backend = backendOf(values.backend, values.software);
  // Own images cannot be named in an address: the page takes them from its file input.
  const opened = applyOverrides(config, { data: { source: data.kind === 'made' ? data.source : 'samples' } });
  const search = backend === null ? '' : `?backend=${backend}`;
  return {
    data,
    pretrained: pretrainedOf(values.pretrained),
    cluster: values.cluster ?? null,
    config: opened,
    address: `${search}#${encodeConfig(opened)}`,
    backend,
    software: values.software,
    studies: studiesOf(values.eval),
    out: values.out,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        data: { type: 'string', default: 'samples' },
        preset: { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        steps: { type: 'string' },
        seed: { type: 'string' },
        pretrained: { type: 'string' },
        cluster: { type: 'string' },
        eval: { type: 'string', default: '' },
        backend: { type: 'string' },
        software: { type: 'boolean', default: false },
        out: { type: 'string', default: 'out/headless' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new CommandLineError(error instanceof Error ? error.message : String(error));
  }
}

function dataOf(name: string): HeadlessOptions['data'] {
  if (name === 'samples' || name === 'tinted') return { kind: 'made', source: name };
  if (!existsSync(name)) throw new CommandLineError(`--data ${name}: no such folder or file.`);
  if (statSync(name).isDirectory()) return { kind: 'folder', path: name };
  if (name.toLowerCase().endsWith('.zip')) return { kind: 'zip', path: name };
  throw new CommandLineError(`--data ${name}: give a folder, a .zip, samples or tinted.`);
}

function pretrainedOf(path: string | undefined): string | null {
  if (path === undefined) return null;
  if (!existsSync(path)) throw new CommandLineError(`--pretrained ${path}: no such file.`);
  if (!path.toLowerCase().endsWith('.safetensors'))
    throw new CommandLineError(
      `--pretrained ${path}: give a .safetensors; docs/weights.md tells how to convert a .pth.`,
    );
  return path;
}

function studiesOf(list: string): Evaluation[] {
  const names = list.split(',').map((name) => name.trim());
  return names.filter(Boolean).map((name) => {
    const kind = evaluations.find((each) => each === name);
    if (!kind) throw new CommandLineError(`--eval ${name}: give ${evaluations.join(', ')}.`);
    return kind;
  });
}

function backendOf(name: string | undefined, software: boolean): HeadlessOptions['backend'] {
  if (name !== undefined && name !== 'wasm' && name !== 'webgpu')
    throw new CommandLineError(`--backend ${name}: give wasm or webgpu.`);
  if (software && name === 'wasm') throw new CommandLineError('--software is for WebGPU, not for wasm.');
  return software ? 'webgpu' : (name ?? null);
}

/** A KEY=VALUE of the command line as the hash writes it. */
function escaped(change: string): string {
  const equals = change.indexOf('=');
  if (equals < 0) throw new CommandLineError(`--set ${change}: give KEY=VALUE.`);
  return `${change.slice(0, equals)}=${encodeURIComponent(change.slice(equals + 1))}`;
}
