/** Writes a run's networks and center as safetensors under the names of an official checkpoint. */
import { type StoredTensor, writeSafetensors } from '../core/safetensors.ts';
import type { RunSnapshot } from '../dino/run-state.ts';
import { toOfficial } from '../model/border.ts';
import type { Network } from '../model/network.ts';
import type { NetworkSpec, ParameterSpec } from '../model/specs.ts';

/** Version of the layout of names and metadata. */
const FORMAT = 'dino-playground/1';

const PREFIX = { student: 'student.module.', teacher: 'teacher.' } as const;

/**
 * The file's bytes. `metadata` values are strings, as safetensors has them.
 * @throws RangeError when the run lacks a tensor of the spec.
 */
export async function checkpointBytes(
  run: RunSnapshot,
  spec: NetworkSpec,
  metadata: Record<string, string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = new Map<string, StoredTensor>();
  for (const who of ['student', 'teacher'] as const) {
    for (const parameter of spec.parameters)
      tensors.set(PREFIX[who] + parameter.name, await stored(run[who].parameters, parameter));
    for (const buffer of spec.buffers)
      tensors.set(PREFIX[who] + buffer.name, await stored(run[who].buffers, buffer));
  }
  const center = Float32Array.from(await run.center.data<'float32'>());
  tensors.set('dino_loss.center', { dtype: 'F32', shape: run.center.shape, data: center });
  return writeSafetensors({ metadata: { format: FORMAT, step: String(run.step), ...metadata }, tensors });
}

async function stored(tensors: Network['parameters'], spec: ParameterSpec): Promise<StoredTensor> {
  const tensor = tensors.get(spec.name);
  if (!tensor) throw new RangeError(`The run has no "${spec.name}"`);
  const values = toOfficial(spec, Float32Array.from(await tensor.data<'float32'>()));
  if (!spec.name.endsWith('num_batches_tracked')) return { dtype: 'F32', shape: spec.shape, data: values };
  return { dtype: 'I64', shape: spec.shape, data: BigInt64Array.from(values, BigInt) };
}
