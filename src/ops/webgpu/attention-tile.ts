/**
 * Attention for GPUs: threads in rows of 8 compute tiles of `rows` × 32 scores, 4 × 4 a thread, from rows that are staged
 * in workgroup memory 32 features at a time. No score leaves the workgroup.
 */
import {
  COLUMNS,
  exponent,
  ofRows,
  overRow,
  own,
  rowAccess,
  scores,
  shader,
  share,
  spread,
  stages,
  type TileShape,
  thirds,
  write,
  zeros,
} from './attention-tile-text.ts';
import { lines, type Shader } from './shader.ts';

/** Bindings: segments, qkv, out, lse (in base 2). A workgroup has a tile's rows of queries and goes through the keys. */
export function tileForward(shape: TileShape): Shader {
  const { heads, width } = shape;
  return shader(
    'Attention',
    shape,
    [
      ['qkv', 'read', 'rows'],
      ['out', 'read_write', 'rows'],
      ['lse', 'read_write', 'f32'],
    ],
    `${thirds('qkv', '', heads, width, false)}\n${own('out', heads, width, true)}`,
    /* wgsl */ `
  var top = vec4f(-1e30);
  var sum = vec4f();
  ${zeros('o', width)}
  for (var keys = 0u; keys < place.length; keys += ${COLUMNS}u) {
    ${scores('s', ['q', 'first'], ['k', 'keys'], shape)}
    let present = vec4<bool>(${[0, 1, 2, 3].map((c) => `keys + across + ${8 * c}u < place.length`).join(', ')});
    ${lines(4, (r) => `s${r} = select(vec4f(-2e30), s${r} * ${exponent(width)}, present);`)}
    let own = vec4f(${[0, 1, 2, 3].map((r) => `max(max(s${r}.x, s${r}.y), max(s${r}.z, s${r}.w))`).join(', ')});
    ${overRow('peak', 'own', (a, b) => `max(${a}, ${b})`, shape)}
    peak = max(peak, top);
    let fade = exp2(top - peak);
    top = peak;
    ${lines(4, (r) => `s${r} = exp2(s${r} - peak[${r}]);`)}
    ${overRow('weights', `vec4f(${[0, 1, 2, 3].map((r) => `(s${r}.x + s${r}.y) + (s${r}.z + s${r}.w)`).join(', ')})`, (a, b) => `${a} + ${b}`, shape)}
    sum = sum * fade + weights;
    ${lines(stages(width).count, (x) => lines(4, (r) => `o${x}_${r} *= fade[${r}];`))}
    ${share('s', shape)}
    ${spread('o', 'v', 'keys', shape)}
  }
  ${write('out', 'o', width, (value, r) => `${value} / sum[${r}]`)}
  if (across == 0u) {
    ${lines(4, (r) => `if (first + down * 4u + ${r}u < place.length) { lse[(place.start + first + down * 4u + ${r}u) * ${heads}u + place.head] = top[${r}] + log2(sum[${r}]); }`)}
  }`,
  );
}

/** Bindings: segments, qkv, dy, out, lse, delta, dqkv: dq, and delta [tokens, heads] = Σ dy·out for the other gradient. */
export function tileQueryGradient(shape: TileShape): Shader {
  const { heads, width } = shape;
  const { quads } = stages(width);
  return shader(
    'AttentionQueryGradient',
    shape,
    [
      ['qkv', 'read', 'rows'],
      ['dy', 'read', 'rows'],
      ['out', 'read', 'rows'],
      ['lse', 'read', 'f32'],
      ['delta', 'read_write', 'f32'],
      ['dqkv', 'read_write', 'rows'],
    ],
    [
      thirds('qkv', '', heads, width, false),
      own('dy', heads, width),
      own('out', heads, width),
      rowAccess('dq', { buffer: 'dqkv', heads: 3 * heads, before: 0 }, width, true),
    ].join('\n'),
    /* wgsl */ `
  var products = vec4f();
  for (var quad = across; quad < ${quads}u; quad += 8u) {
    ${lines(4, (r) => `if (first + down * 4u + ${r}u < place.length) { let row = place.start + first + down * 4u + ${r}u; products[${r}] += dot(get_dy(row, place.head, quad), get_out(row, place.head, quad)); }`)}
  }
  ${overRow('mean', 'products', (a, b) => `${a} + ${b}`, shape)}
  if (across == 0u) {
    ${lines(4, (r) => `if (first + down * 4u + ${r}u < place.length) { delta[(place.start + first + down * 4u + ${r}u) * ${heads}u + place.head] = mean[${r}]; }`)}
  }
  ${ofRows('whole', 'lse', heads, '1e30')}
  ${zeros('o', width)}
  for (var keys = 0u; keys < place.length; keys += ${COLUMNS}u) {
    ${scores('s', ['q', 'first'], ['k', 'keys'], shape)}
    ${scores('h', ['dy', 'first'], ['v', 'keys'], shape)}
    let present = vec4<bool>(${[0, 1, 2, 3].map((c) => `keys + across + ${8 * c}u < place.length`).join(', ')});
    ${lines(4, (r) => `s${r} = select(vec4f(), exp2(s${r} * ${exponent(width)} - whole[${r}]) * (h${r} - mean[${r}]), present);`)}
    ${share('s', shape)}
    ${spread('o', 'k', 'keys', shape)}
  }
  ${write('dq', 'o', width, (value) => `${value} * ${1 / Math.sqrt(width)}`)}`,
  );
}

/** Bindings: segments, qkv, dy, lse, delta, dqkv: dk and dv. A workgroup has a tile's rows of keys and goes through the queries. */
export function tileKeyGradient(shape: TileShape): Shader {
  const { heads, width } = shape;
  const ofColumns = (name: string, buffer: string, otherwise: string) => /* wgsl */ `
    var ${name} = vec4f(${otherwise});
    ${lines(4, (c) => `if (queries + across + ${8 * c}u < place.length) { ${name}[${c}] = ${buffer}[(place.start + queries + across + ${8 * c}u) * ${heads}u + place.head]; }`)}`;
  return shader(
    'AttentionKeyGradient',
    shape,
    [
      ['qkv', 'read', 'rows'],
      ['dy', 'read', 'rows'],
      ['lse', 'read', 'f32'],
      ['delta', 'read', 'f32'],
      ['dqkv', 'read_write', 'rows'],
    ],
    [
      thirds('qkv', '', heads, width, false),
      own('dy', heads, width),
      rowAccess('dk', { buffer: 'dqkv', heads: 3 * heads, before: heads }, width, true),
      rowAccess('dv', { buffer: 'dqkv', heads: 3 * heads, before: 2 * heads }, width, true),
    ].join('\n'),
    /* wgsl */ `
  ${zeros('dk', width)}
  ${zeros('dv', width)}
  for (var queries = 0u; queries < place.length; queries += ${COLUMNS}u) {
    ${scores('s', ['k', 'first'], ['q', 'queries'], shape)}
    ${scores('h', ['v', 'first'], ['dy', 'queries'], shape)}
    ${ofColumns('whole', 'lse', '1e30')}
    ${ofColumns('mean', 'delta', '0.0')}
    ${lines(4, (r) => `s${r} = exp2(s${r} * ${exponent(width)} - whole); h${r} = s${r} * (h${r} - mean);`)}
    ${share('s', shape)}
    ${spread('dv', 'dy', 'queries', shape)}
    ${share('h', shape)}
    ${spread('dk', 'q', 'queries', shape)}
  }
  ${write('dk', 'dk', width, (value) => `${value} * ${1 / Math.sqrt(width)}`)}
  ${write('dv', 'dv', width, (value) => value)}`,
  );
}
