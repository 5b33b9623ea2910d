/** The tokens of all views: assembled, taken apart again in the gradient, and their CLS rows. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core';
import { gradientOutput } from './gradient-slots.ts';
import { inputOf, KernelCallError, matrixShape, numberOf, numbersOf } from './inputs.ts';
import type { GpuKernel } from './register.ts';
import { flatShader, vectorWidth } from './rows.ts';

interface PackedSegment {
  sequences: number;
  length: number;
  /** Its first token, patch, position and CLS, counted over all segments. */
  token: number;
  patch: number;
  position: number;
  cls: number;
}

interface Packed {
  segments: PackedSegment[];
  /** Over all segments. */
  tokens: number;
  patches: number;
  positions: number;
  sequences: number;
}

/** Setting `segments`: offset, sequences and length of each. */
function packedSegments(settings: NamedAttrMap): Packed {
  const numbers = numbersOf(settings, 'segments');
  const packed: Packed = { segments: [], tokens: 0, patches: 0, positions: 0, sequences: 0 };
  for (let i = 0; i + 2 < numbers.length; i += 3) {
    const [token = 0, sequences = 0, length = 0] = numbers.slice(i, i + 3);
    const { patches: patch, positions: position, sequences: cls } = packed;
    packed.segments.push({ sequences, length, token, patch, position, cls });
    packed.tokens = token + sequences * length;
    packed.patches += sequences * (length - 1);
    packed.positions += length;
    packed.sequences += sequences;
  }
  if (packed.segments.length === 0) throw new KernelCallError('setting "segments"');
  return packed;
}

/** WGSL: `code` of the segment in which `row` lies; `first` is the segment's first such row. */
const bySegment = (
  { segments }: Packed,
  first: 'token' | 'patch' | 'position' | 'cls',
  code: (segment: PackedSegment) => string,
) =>
  segments
    .map((segment, i) => {
      const next = segments[i + 1];
      return `${next ? `if (row < ${next[first]}u) ` : ''}{ ${code(segment)} }`;
    })
    .join(' else ');

/** {patches, cls [1, 1, dim], positions} → tokens: CLS or patch, plus its position. */
const ASSEMBLE_TOKENS: GpuKernel = {
  name: 'AssembleTokens',
  run(backend, inputs, settings) {
    const [patches, cls, positions] = [
      inputOf(inputs, 'patches'),
      inputOf(inputs, 'cls'),
      inputOf(inputs, 'positions'),
    ];
    const [, dim] = matrixShape(patches);
    const packed = packedSegments(settings);
    const tokens = backend.output([packed.tokens, dim]);
    const { shader, grid } = flatShader(
      {
        name: 'AssembleTokens',
        variables: [
          ['patches', 'read', 'V'],
          ['cls', 'read', 'V'],
          ['positions', 'read', 'V'],
          ['tokens', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  let row = i / WIDTH;
  let d = i % WIDTH;
  var own = 0u; // the row of the patch
  var slot = 0u; // within the sequence
  var position = 0u;
  ${bySegment(
    packed,
    'token',
    ({ token, patch, position, length }) => /* wgsl */ `
    let sequence = (row - ${token}u) / ${length}u;
    slot = (row - ${token}u) % ${length}u;
    position = ${position}u + slot;
    own = ${patch}u + sequence * ${length - 1}u + slot - 1u;`,
  )}
  var value = positions[position * WIDTH + d];
  if (slot == 0u) { value += cls[d]; } else { value += patches[own * WIDTH + d]; }
  tokens[i] = value;`,
      },
      (packed.tokens * dim) / vectorWidth(dim),
      dim,
    );
    backend.dispatch(shader, [patches, cls, positions, tokens], grid);
    return [tokens];
  },
};

/** {dy, cls} → dpatches, dcls and dpositions, the latter two summed over the sequences in their order. */
const ASSEMBLE_TOKENS_GRADIENT: GpuKernel = {
  name: 'AssembleTokensGradient',
  run(backend, inputs, settings) {
    const [dy, cls] = [inputOf(inputs, 'dy'), inputOf(inputs, 'cls')];
    const [, dim] = matrixShape(dy);
    const packed = packedSegments(settings);
    const dpatches = backend.output([packed.patches, dim]);
    const dcls = gradientOutput(backend, cls, cls.shape);
    const dpositions = backend.output([packed.positions, dim]);
    // In one dispatch the many threads that copy would pay for the loops of the few that sum.
    const copy = patchRows(packed, dim);
    backend.dispatch(copy.shader, [dy, dpatches], copy.grid);
    const sum = sequenceSums(packed, dim);
    backend.dispatch(sum.shader, [dy, dpositions, dcls], sum.grid);
    return [dpatches, dcls, dpositions];
  },
};

const patchRows = (packed: Packed, dim: number) =>
  flatShader(
    {
      name: 'AssembleTokensGradient',
      variables: [
        ['dy', 'read', 'V'],
        ['dpatches', 'read_write', 'V'],
      ],
      body: /* wgsl */ `
  let row = i / WIDTH;
  var token = 0u;
  ${bySegment(
    packed,
    'patch',
    ({ token, patch, length }) =>
      `token = ${token}u + (row - ${patch}u) / ${length - 1}u * ${length}u + (row - ${patch}u) % ${length - 1}u + 1u;`,
  )}
  dpatches[i] = dy[token * WIDTH + i % WIDTH];`,
    },
    (packed.patches * dim) / vectorWidth(dim),
    dim,
  );

/** A row of threads sums a position over its segment's sequences; one more row sums CLS over those of all segments. */
const sequenceSums = (packed: Packed, dim: number) =>
  flatShader(
    {
      name: 'AssembleTokensGradientSums',
      variables: [
        ['dy', 'read', 'V'],
        ['dpositions', 'read_write', 'V'],
        ['dcls', 'read_write', 'V'],
      ],
      before: /* wgsl */ `
fn summed(first: u32, step: u32, count: u32) -> V {
  var sum = V(0.0);
  for (var s = 0u; s < count; s++) { sum += dy[first + s * step]; }
  return sum;
}`,
      body: /* wgsl */ `
  let row = i / WIDTH;
  let d = i % WIDTH;
  let cls = row == ${packed.positions}u;
  var sum = V(0.0);
  ${packed.segments
    .map(
      ({ token, position, length, sequences }) => /* wgsl */ `{
    let counts = cls || (row >= ${position}u && row < ${position + length}u);
    let slot = select(row - ${position}u, 0u, cls);
    sum += summed((${token}u + slot) * WIDTH + d, ${length}u * WIDTH, select(0u, ${sequences}u, counts));
  }`,
    )
    .join('\n  ')}
  if (cls) { dcls[d] = sum; } else { dpositions[i] = sum; }`,
    },
    ((packed.positions + 1) * dim) / vectorWidth(dim),
    dim,
  );

/** {tokens} → the first row of every sequence. */
const SELECT_CLS: GpuKernel = {
  name: 'SelectCls',
  run(backend, inputs, settings) {
    const tokens = inputOf(inputs, 'tokens');
    const [, dim] = matrixShape(tokens);
    const packed = packedSegments(settings);
    const cls = backend.output([packed.sequences, dim]);
    const { shader, grid } = flatShader(
      {
        name: 'SelectCls',
        variables: [
          ['tokens', 'read', 'V'],
          ['cls', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  let row = i / WIDTH;
  var token = 0u;
  ${bySegment(packed, 'cls', (s) => `token = ${s.token}u + (row - ${s.cls}u) * ${s.length}u;`)}
  cls[i] = tokens[token * WIDTH + i % WIDTH];`,
      },
      (packed.sequences * dim) / vectorWidth(dim),
      dim,
    );
    backend.dispatch(shader, [tokens, cls], grid);
    return [cls];
  },
};

/** {dy [sequences, dim]} → [tokens, dim]: dy in the first row of every sequence, 0 in the others. */
const SELECT_CLS_GRADIENT: GpuKernel = {
  name: 'SelectClsGradient',
  run(backend, inputs, settings) {
    const dy = inputOf(inputs, 'dy');
    const [, dim] = matrixShape(dy);
    const packed = packedSegments(settings);
    const dx = backend.output([packed.tokens, dim]);
    const { shader, grid } = flatShader(
      {
        name: 'SelectClsGradient',
        variables: [
          ['dy', 'read', 'V'],
          ['dx', 'read_write', 'V'],
        ],
        body: /* wgsl */ `
  let row = i / WIDTH;
  var slot = 0u;
  var sequence = 0u;
  ${bySegment(
    packed,
    'token',
    ({ token, cls, length }) =>
      `slot = (row - ${token}u) % ${length}u; sequence = ${cls}u + (row - ${token}u) / ${length}u;`,
  )}
  var value = V(0.0);
  if (slot == 0u) { value = dy[sequence * WIDTH + i % WIDTH]; }
  dx[i] = value;`,
      },
      (packed.tokens * dim) / vectorWidth(dim),
      dim,
    );
    backend.dispatch(shader, [dy, dx], grid);
    return [dx];
  },
};

/** {x} settings {count} → its first rows, in the memory of x. */
const LEADING_ROWS: GpuKernel = {
  name: 'LeadingRows',
  run(backend, inputs, settings) {
    const x = inputOf(inputs, 'x');
    const [, width] = matrixShape(x);
    return [backend.part(x, 0, [numberOf(settings, 'count'), width])];
  },
};

export const EMBED_KERNELS: readonly GpuKernel[] = [
  ASSEMBLE_TOKENS,
  ASSEMBLE_TOKENS_GRADIENT,
  SELECT_CLS,
  SELECT_CLS_GRADIENT,
  LEADING_ROWS,
];
