/**
 * TensorBoard's event file: TFRecords (length, masked checksum, data, masked checksum) of Event messages, written by hand
 * as of its protocol buffers only five fields are needed (tensorflow/core/util/event.proto, framework/summary.proto).
 */
import { maskedCrc32c } from './crc32c.ts';

export interface ScalarEvent {
  /** Seconds since 1970. */
  time: number;
  step: number;
  values: readonly { tag: string; value: number }[];
}

const encoder = new TextEncoder();

/** The file, record by record. Values that are no finite number are left out: a chart has no place for them. */
export function* eventRecords(
  begun: number,
  events: Iterable<ScalarEvent>,
): Generator<Uint8Array<ArrayBuffer>, void> {
  yield record([...doubleField(1, begun), ...bytesField(3, encoder.encode('brain.Event:2'))]);
  for (const event of events) yield record(eventOf(event));
}

function eventOf({ time, step, values }: ScalarEvent): number[] {
  const summary = values
    .filter(({ value }) => Number.isFinite(value))
    .flatMap(({ tag, value }) =>
      bytesField(1, [...bytesField(1, encoder.encode(tag)), ...floatField(2, value)]),
    );
  return [...doubleField(1, time), ...key(2, VARINT), ...varint(step), ...bytesField(5, summary)];
}

/** Wire types. */
const VARINT = 0;
const WIDE = 1;
const DELIMITED = 2;
const NARROW = 5;

const key = (field: number, type: number) => varint((field << 3) | type);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

function doubleField(field: number, value: number): number[] {
  return [...key(field, WIDE), ...new Uint8Array(new Float64Array([value]).buffer)];
}

function floatField(field: number, value: number): number[] {
  return [...key(field, NARROW), ...new Uint8Array(new Float32Array([value]).buffer)];
}

function bytesField(field: number, content: ArrayLike<number>): number[] {
  return [...key(field, DELIMITED), ...varint(content.length), ...Array.from(content)];
}

function record(data: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(bytes.subarray(12, 12 + data.length)), true);
  return bytes;
}
