/** The table of segments as our WASM module reads it: offset, sequences and length of each, as integers. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { numbersOf } from '../webgpu/inputs.ts';
import type { WasmModule } from './module.ts';

const NUMBERS_A_SEGMENT = 3;
const BYTES = 4;
const LINE = 64;

export interface Segments {
  count: number;
  /** Tokens of the longest sequence. */
  longest: number;
  sequences: number;
  tokens: number;
  /** Σ length: rows of positions. */
  positions: number;
  numbers: readonly number[];
}

/** The setting `segments` of a kernel. */
export function segmentsOf(settings: NamedAttrMap): Segments {
  const numbers = numbersOf(settings, 'segments');
  const segments: Segments = {
    count: numbers.length / NUMBERS_A_SEGMENT,
    longest: 0,
    sequences: 0,
    tokens: 0,
    positions: 0,
    numbers,
  };
  for (let i = 0; i < numbers.length; i += NUMBERS_A_SEGMENT) {
    const [sequences = 0, length = 0] = numbers.slice(i + 1, i + NUMBERS_A_SEGMENT);
    segments.longest = Math.max(segments.longest, length);
    segments.sequences += sequences;
    segments.tokens += sequences * length;
    segments.positions += length;
  }
  return segments;
}

/** Writes the table at the front of the module's scratch; `scratch` of `bytes` begins behind it. */
export function writeSegments(
  module: WasmModule,
  { numbers }: Segments,
  bytes: number,
): { table: number; scratch: number } {
  const tableBytes = Math.ceil((numbers.length * BYTES) / LINE) * LINE;
  const table = module.scratch(tableBytes + bytes);
  new Int32Array(module.memory.buffer, table, numbers.length).set(numbers);
  return { table, scratch: table + tableBytes };
}
