/** The state of a run as one tree in the host's memory: all that going on from it bit for bit takes, and its bytes. */
import { z } from 'zod';
import {
  readSafetensors,
  type SafetensorsFile,
  type StoredTensor,
  safetensorsPieces,
  writeSafetensors,
} from '../core/safetensors.ts';
import { emptyRun, type RunShape, type RunState } from '../dino/run-state.ts';
import { upload } from '../ops/assign.ts';
import { type Flat, readFlats } from '../ops/flat.ts';

/**
 * Random draws are functions of seed, step and image, so no generator is in it, and the place in the data is the step.
 * Values are in our own layout: what goes on must be what was, not what an official checkpoint makes of it.
 */
export interface RunTree {
  /** Settings of the run, as JSON. */
  readonly config: string;
  /** Fingerprint of the images. */
  readonly dataset: string;
  /** Steps done. */
  readonly step: number;
  /** How often the optimizer has moved the last layer, and everything else. */
  readonly updates: { readonly lastLayer: number; readonly rest: number };
  /**
   * `student/…` and `teacher/…`: parameters and buffers by official name; `moments.0/…`, `moments.1/…`: what the
   * optimizer keeps of each parameter; `center`.
   */
  readonly tensors: ReadonlyMap<string, { shape: number[]; data: Float32Array }>;
}

/** Version of names, layout and metadata. */
const FORMAT = 'dino-playground-state/1';

/** A state that cannot be gone on from; the message says why. */
export class StateError extends Error {
  override name = 'StateError';
}

/** The families of tensors by the prefix of their names. */
const familiesOf = ({ weights, rest }: RunState): [prefix: string, flat: Flat][] => [
  ['student/', weights.student],
  ['teacher/', weights.teacher],
  ...weights.moments.map((flat, i): [string, Flat] => [`moments.${i}/`, flat]),
  ['', rest],
];

/**
 * The run as it is at the moment of the call: steps that are given to the device before the promise resolves are not in
 * it.
 */
export async function treeOf(run: RunState, about: { config: string; dataset: string }): Promise<RunTree> {
  const { step, updates } = run;
  const families = familiesOf(run);
  const counts = { ...updates };
  const read = await readFlats(families.map(([, flat]) => flat));
  const tensors = families.flatMap(([prefix, flat], i) =>
    [...flat.tensors].map(([name, { shape }]): [string, { shape: number[]; data: Float32Array }] => {
      const data = read[i]?.get(name);
      if (!data) throw new StateError(`The run has no values for "${prefix}${name}"`);
      return [prefix + name, { shape, data }];
    }),
  );
  return { ...about, step, updates: counts, tensors: new Map(tensors) };
}

/** A run on the device that goes on from the tree. @throws StateError when the tree is of a network of another shape. */
export function runFromTree(shape: RunShape, tree: RunTree): RunState {
  const run = emptyRun(shape);
  for (const [prefix, flat] of familiesOf(run))
    for (const [name, tensor] of flat.tensors) {
      const found = tree.tensors.get(prefix + name);
      if (found?.shape.join() !== tensor.shape.join())
        throw new StateError(
          `"${prefix}${name}" needs the shape [${tensor.shape}] and the state has ${found ? `[${found.shape}]` : 'none'}`,
        );
      upload(tensor, found.data);
    }
  run.step = tree.step;
  run.updates = { ...tree.updates };
  return run;
}

/** Bytes that the tree's values take. */
export function treeBytes({ tensors }: RunTree): number {
  return [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
}

/** The tree as a safetensors file. */
export function writeTree(tree: RunTree): Uint8Array<ArrayBuffer> {
  return writeSafetensors(fileOf(tree));
}

/** The same file in pieces: the tensors are not copied. */
export function treePieces(tree: RunTree): Uint8Array[] {
  return safetensorsPieces(fileOf(tree));
}

function fileOf({ config, dataset, step, updates, tensors }: RunTree): SafetensorsFile {
  const metadata = {
    format: FORMAT,
    config,
    dataset,
    step: String(step),
    updates: JSON.stringify(updates),
  };
  const stored = [...tensors].map(([name, { shape, data }]): [string, StoredTensor] => [
    name,
    { dtype: 'F32', shape, data },
  ]);
  return { metadata, tensors: new Map(stored) };
}

const count = z.int().min(0);
const metadataSchema = z.object({
  config: z.string(),
  dataset: z.string(),
  step: z.coerce.number().pipe(count),
  updates: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(z.strictObject({ lastLayer: count, rest: count })),
});

/** Whether a file with these metadata claims to be a state, of whatever version. */
export const isState = ({ format }: Readonly<Record<string, string>>): boolean =>
  format?.startsWith('dino-playground-state/') ?? false;

/** What the metadata of a file say of the state in it. @throws StateError when it is of another version, or damaged. */
export function aboutTree(metadata: Readonly<Record<string, string>>): Omit<RunTree, 'tensors'> {
  const { format } = metadata;
  if (format !== FORMAT)
    throw new StateError(`This is "${format ?? 'no state at all'}"; only "${FORMAT}" can be gone on from`);
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success)
    throw new StateError(`The state's metadata are damaged: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** @throws SafetensorsError, or StateError when it is such a file but of no state, or of another version. */
export function readTree(bytes: Uint8Array): RunTree {
  const file = readSafetensors(bytes);
  const about = aboutTree(file.metadata);
  const tensors = [...file.tensors].map(
    ([name, { shape, data }]): [string, { shape: number[]; data: Float32Array }] => {
      if (!(data instanceof Float32Array)) throw new StateError(`"${name}" is not of 32-bit floats`);
      return [name, { shape, data }];
    },
  );
  return { ...about, tensors: new Map(tensors) };
}
