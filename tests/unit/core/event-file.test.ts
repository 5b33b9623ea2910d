/** TensorBoard's event file, read by another reader than the one that wrote it; the checksum by RFC 3720's vectors. */
import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from '../../../src/core/crc32c.ts';
import { eventRecords } from '../../../src/core/event-file.ts';

describe('CRC-32C', () => {
  const counting = Uint8Array.from({ length: 32 }, (_, i) => i);
  it.each([
    ['32 bytes of zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 bytes of ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 rising bytes', counting, 0x46dd794e],
    ['32 falling bytes', counting.toReversed(), 0x113fdb5c],
    ['"123456789"', new TextEncoder().encode('123456789'), 0xe3069283],
    ['nothing', new Uint8Array(0), 0],
  ])('of %s is that of RFC 3720', (_, bytes, wanted) => {
    expect(crc32c(bytes)).toBe(wanted);
  });
});

interface Field {
  number: number;
  value: number | Uint8Array;
}

/** The fields of a message, by the wire format alone. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = view.getUint8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = key >> 3;
    if ((key & 7) === 0) fields.push({ number, value: varint() });
    else if ((key & 7) === 1) {
      fields.push({ number, value: view.getFloat64(at, true) });
      at += 8;
    } else if ((key & 7) === 5) {
      fields.push({ number, value: view.getFloat32(at, true) });
      at += 4;
    } else {
      const length = varint();
      fields.push({ number, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

const bytesIn = (fields: Field[], number: number) =>
  fields.flatMap(({ number: own, value }) => (own === number && value instanceof Uint8Array ? [value] : []));
const numberIn = (fields: Field[], number: number) =>
  fields.find(({ number: own, value }) => own === number && typeof value === 'number')?.value;
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** The data of each record, whose checksums must hold. */
function recordsOf(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc32c(file.subarray(at, at + 8)));
    const data = file.subarray(at + 12, at + 12 + length);
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc32c(data));
    records.push(data);
    at += 16 + length;
  }
  return records;
}

describe('an event file', () => {
  it('has a version, then an event a step with its scalars', async () => {
    const events = [
      { time: 1e9 + 0.25, step: 1, values: [{ tag: 'train/loss', value: 2.5 }] },
      {
        time: 1e9 + 1,
        step: 300_000_000_000,
        values: [
          { tag: 'train/loss', value: Number.NaN },
          { tag: 'knn/größe', value: -1 / 3 },
        ],
      },
    ];
    const file = new Uint8Array(await new Blob([...eventRecords(1e9, events)]).arrayBuffer());
    const [head, first, second] = recordsOf(file).map(fieldsOf);
    expect(textOf(bytesIn(head ?? [], 3)[0])).toBe('brain.Event:2');
    expect(numberIn(head ?? [], 1)).toBe(1e9);
    expect([numberIn(first ?? [], 1), numberIn(first ?? [], 2)]).toEqual([1e9 + 0.25, 1]);
    expect(numberIn(second ?? [], 2)).toBe(300_000_000_000);
    const scalars = (event: Field[] = []) =>
      bytesIn(event, 5).flatMap((summary) =>
        bytesIn(fieldsOf(summary), 1).map((value) => {
          const fields = fieldsOf(value);
          return [textOf(bytesIn(fields, 1)[0]), numberIn(fields, 2)];
        }),
      );
    expect(scalars(first)).toEqual([['train/loss', 2.5]]);
    expect(scalars(second)).toEqual([['knn/größe', Math.fround(-1 / 3)]]);
  });
});
