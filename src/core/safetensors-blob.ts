/** A safetensors file that stays where it is: the header is checked first, each tensor is read when it is asked for. */
import { float32From } from './floats.ts';
import { type Dtype, dataStart, LENGTH_BYTES, parseHeader, SafetensorsError } from './safetensors-header.ts';

export interface OpenedSafetensors {
  metadata: Readonly<Record<string, string>>;
  tensors: ReadonlyMap<string, { dtype: Dtype; shape: number[] }>;
  /** The values as 32-bit floats. @throws SafetensorsError when there is no such tensor, or it cannot be read. */
  floats(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** @throws SafetensorsError when the header does not fit the file. */
export async function openSafetensors(file: Blob): Promise<OpenedSafetensors> {
  const read = async (from: number, to: number) => {
    try {
      return new Uint8Array(await file.slice(from, to).arrayBuffer());
    } catch (error) {
      throw new SafetensorsError(
        `it cannot be read any more (${error instanceof Error ? error.message : String(error)})`,
      );
    }
  };
  const start = dataStart(await read(0, LENGTH_BYTES), file.size);
  const { metadata, entries } = parseHeader(await read(LENGTH_BYTES, start), file.size - start);
  return {
    metadata,
    tensors: entries,
    floats: async (name) => {
      const entry = entries.get(name);
      if (!entry) throw new SafetensorsError(`there is no "${name}" in it`);
      const [from, to] = entry.data_offsets;
      const bytes = await read(start + from, start + to);
      if (bytes.byteLength !== to - from) throw new SafetensorsError('it has become shorter');
      return float32From(entry.dtype, bytes);
    },
  };
}
