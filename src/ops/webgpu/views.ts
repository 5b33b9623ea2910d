/** The views of one resolution in one dispatch: a workgroup a view, integer for integer what data/ does on the CPU. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { JOB, JOB_WORDS, NO_BLUR, TABLES, TAPS } from '../../core/view-job.ts';
import type { GpuBackend } from './backend.ts';
import { FOLDED_INDEX, folded, type Shader } from './shader.ts';
import { VIEW_COLOR } from './view-color.ts';

/** Views of one size, made from consecutive jobs. */
export interface ViewGroup {
  /** Side in pixels, and of a patch. */
  size: number;
  patch: number;
  views: number;
  /** The group's first job, and where its rows begin in the patches: job · JOB_WORDS words, value · 4 bytes. */
  firstJob: number;
  firstValue: number;
  /** Rows of an image that fit under a chunk of the view: at least `size`. */
  rows: number;
  /** Most chunks that a view is made in. */
  chunks: number;
}

export interface ViewBuffers {
  /** Words, [jobs, JOB_WORDS]. */
  jobs: TensorInfo;
  /** RGBA8 in words. */
  pixels: GPUBufferBinding;
  /** Weights of the axes, as TAPS says. */
  taps: GPUBufferBinding;
  /** As TABLES says. */
  tables: TensorInfo;
}

const WORD = 4;
/** Workgroups that share the memory of large views. */
const MOST_SHARING = 128;
/** Lanes of a workgroup, a power of two: a view is made by one, so many of them hide each other's waiting. */
const MOST_THREADS = 1024;
/** Nothing waits there, and each barrier costs by the lane. */
const SOFTWARE_THREADS = 16;

/** Words that a view takes while it is made: itself, and rows under it. */
const wordsOf = ({ size, rows }: ViewGroup): number => size * (size + rows);

/** Memory of a workgroup that leaves room for others on the same processor. */
const COMFORTABLE = 16_384;

/**
 * Rows of an image to hold at a time for views of `size` px, out of images of at most `tallest` px; `least` are needed to
 * make a row of a view. More rows spare work where chunks overlap.
 */
export function rowsFor(backend: GpuBackend, size: number, tallest: number, least: number): number {
  const needed = Math.max(size, least);
  const comfortable = Math.floor(COMFORTABLE / (WORD * size)) - size;
  const { maxComputeWorkgroupStorageSize } = backend.device.limits;
  if (comfortable >= needed) return Math.max(needed, Math.min(comfortable, tallest));
  if (size * (size + needed) * WORD <= maxComputeWorkgroupStorageSize) return needed;
  return Math.max(needed, Math.min(2 * size, tallest));
}

const fitsWorkgroup = (backend: GpuBackend, group: ViewGroup): boolean =>
  wordsOf(group) * WORD <= backend.device.limits.maxComputeWorkgroupStorageSize;

function threadsOf({ traits, device }: GpuBackend, { size }: ViewGroup): number {
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = device.limits;
  const most = traits.software ? SOFTWARE_THREADS : MOST_THREADS;
  const useful = (size * size) / 2;
  return floorPower(Math.min(most, useful, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX));
}

const floorPower = (count: number): number => 2 ** Math.floor(Math.log2(count));

/**
 * Writes normalised patch rows of all views of the group into `patches`, in place. Reads nothing but buffers, so it can be
 * recorded. Views whose pixels do not fit a workgroup's memory are made in global memory.
 */
export function makeViews(
  backend: GpuBackend,
  group: ViewGroup,
  { jobs, pixels, taps, tables }: ViewBuffers,
  patches: TensorInfo,
): void {
  const small = fitsWorkgroup(backend, group);
  const groups = small ? group.views : Math.min(group.views, MOST_SHARING);
  const shader = viewShader(group, groups, threadsOf(backend, group), small);
  const bindings = [jobs, pixels, taps, tables, patches];
  if (small) backend.dispatch(shader, bindings, folded(groups));
  else {
    const scratch = backend.output([groups * wordsOf(group)], 'int32');
    backend.dispatch(shader, [...bindings, scratch], folded(groups));
    backend.disposeData(scratch.dataId);
  }
  backend.changed(patches);
}

const workgroupMemory = (words: number) => /* wgsl */ `
var<workgroup> memory: array<u32, ${words}>;
fn load(i: u32) -> u32 { return memory[i]; }
fn store(i: u32, word: u32) { memory[i] = word; }
fn barrier() { workgroupBarrier(); }
`;

const GLOBAL_MEMORY = /* wgsl */ `
@group(0) @binding(5) var<storage, read_write> scratch: array<u32>;
var<private> memoryStart: u32;
fn load(i: u32) -> u32 { return scratch[memoryStart + i]; }
fn store(i: u32, word: u32) { scratch[memoryStart + i] = word; }
fn barrier() { storageBarrier(); }
`;

function viewShader(group: ViewGroup, groups: number, threads: number, small: boolean): Shader {
  const { size, patch, views, firstJob, firstValue, chunks } = group;
  const area = patch * patch;
  return {
    name: `Views${size}`,
    code: /* wgsl */ `
@group(0) @binding(0) var<storage, read> jobs: array<u32>;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;
@group(0) @binding(2) var<storage, read> taps: array<i32>;
@group(0) @binding(3) var<storage, read> tables: array<u32>;
@group(0) @binding(4) var<storage, read_write> patches: array<f32>;
const SIZE = ${size}u;
const PIXELS = ${size * size}u;
const THREADS = ${threads}u;
${FOLDED_INDEX}
${small ? workgroupMemory(wordsOf(group)) : GLOBAL_MEMORY}
${VIEW_COLOR}

// The view lies at 0, packed as the pixels are; rows under it, and later its other copy, at PIXELS.

fn bytes(sum: vec3i) -> vec3u { return vec3u(clamp(sum >> vec3u(22u), vec3i(0), vec3i(255))); }

fn resizedAcross(source: u32, entry: u32, x: u32) -> u32 {
  let count = u32(taps[entry + ${TAPS.counts}u * SIZE + x]);
  var at = source + u32(taps[entry + ${TAPS.starts}u * SIZE + x]);
  var tap = entry + ${TAPS.weights}u * SIZE + x;
  var sum = vec3i(${1 << 21});
  for (var k = 0u; k < count; k++) {
    sum += taps[tap] * vec3i(unpacked(pixels[at]));
    at++;
    tap += SIZE;
  }
  return packed(bytes(sum));
}

fn resizedDown(entry: u32, first: u32, x: u32, y: u32) -> vec3u {
  let count = u32(taps[entry + ${TAPS.counts}u * SIZE + y]);
  var at = PIXELS + (u32(taps[entry + ${TAPS.starts}u * SIZE + y]) - first) * SIZE + x;
  var tap = entry + ${TAPS.weights}u * SIZE + y;
  var sum = vec3i(${1 << 21});
  for (var k = 0u; k < count; k++) {
    sum += taps[tap] * vec3i(unpacked(load(at)));
    at += SIZE;
    tap += SIZE;
  }
  return bytes(sum);
}

fn blurred(source: u32, i: u32, across: bool, radius: i32, inner: u32, outer: u32) -> u32 {
  let x = i % SIZE;
  let place = i32(select(i / SIZE, x, across));
  let apart = select(SIZE, 1u, across);
  let line = source + select(x, i - x, across);
  let last = ${size - 1};
  var sum = vec3u(0u);
  for (var d = -radius; d <= radius; d++) {
    sum += unpacked(load(line + u32(clamp(place + d, 0, last)) * apart));
  }
  let ends = unpacked(load(line + u32(max(place - radius - 1, 0)) * apart))
    + unpacked(load(line + u32(min(place + radius + 1, last)) * apart));
  return packed((sum * inner + ends * outer + vec3u(0x800000u)) >> vec3u(24u));
}

fn makeView(view: u32, lane: u32) {
  let job = (${firstJob}u + view) * ${JOB_WORDS}u;
  let stride = jobs[job + ${JOB.stride}u];
  let corner = jobs[job + ${JOB.image}u] + jobs[job + ${JOB.top}u] * stride + jobs[job + ${JOB.left}u];
  let across = jobs[job + ${JOB.across}u];
  let down = jobs[job + ${JOB.down}u];
  let chunk = jobs[job + ${JOB.chunk}u];
  let flip = jobs[job + ${JOB.flip}u] != 0u;
  let order = jobs[job + ${JOB.order}u];
  let color = Color(
    bitcast<f32>(jobs[job + ${JOB.brightness}u]),
    bitcast<f32>(jobs[job + ${JOB.contrast}u]),
    bitcast<f32>(jobs[job + ${JOB.saturation}u]),
    jobs[job + ${JOB.hue}u],
    jobs[job + ${JOB.zero}u],
  );
  // Steps before contrast need the pixel alone, contrast needs the mean of them all.
  var before = 0u;
  while (before < 4u && stepOf(order, before) != 0u && stepOf(order, before) != CONTRAST) { before++; }
  let contrasts = before < 4u && stepOf(order, before) == CONTRAST;

  // Barriers stand in no branch, as not every compiler sees that a whole workgroup takes the same one.
  var brightness = 0u;
  for (var part = 0u; part < ${chunks}u; part++) {
    let top = min(part * chunk, SIZE);
    let end = min(top + chunk, SIZE);
    let first = u32(taps[down + min(top, SIZE - 1u)]);
    let under = u32(taps[down + end - 1u]) + u32(taps[down + SIZE + end - 1u]) - first;
    let rows = select(0u, under, top < end);
    for (var i = lane; i < rows * SIZE; i += THREADS) {
      let y = i / SIZE;
      store(PIXELS + i, resizedAcross(corner + (first + y) * stride, across, i - y * SIZE));
    }
    barrier();
    for (var i = lane; i < (end - top) * SIZE; i += THREADS) {
      let y = i / SIZE;
      let x = i - y * SIZE;
      var rgb = resizedDown(down, first, x, top + y);
      for (var k = 0u; k < before; k++) { rgb = colored(stepOf(order, k), rgb, color, 0.0); }
      brightness += luma(rgb);
      store((top + y) * SIZE + select(x, SIZE - 1u - x, flip), packed(rgb));
    }
    barrier();
  }

  store(PIXELS + lane, brightness);
  barrier();
  for (var half = THREADS / 2u; half > 0u; half /= 2u) {
    if (lane < half) { store(PIXELS + lane, load(PIXELS + lane) + load(PIXELS + lane + half)); }
    barrier();
  }
  let mean = f32((2u * load(PIXELS) + PIXELS) / (2u * PIXELS));
  let gray = jobs[job + ${JOB.grayscale}u] != 0u;
  for (var i = lane; i < select(0u, PIXELS, contrasts || gray); i += THREADS) {
    var rgb = unpacked(load(i));
    for (var k = before; k < 4u; k++) { rgb = colored(stepOf(order, k), rgb, color, mean); }
    if (gray) { rgb = vec3u(luma(rgb)); }
    store(i, packed(rgb));
  }
  barrier();

  let blurs = jobs[job + ${JOB.blur}u] != ${NO_BLUR}u;
  let radius = i32(jobs[job + ${JOB.blur}u]);
  let inner = jobs[job + ${JOB.blurInner}u];
  let outer = jobs[job + ${JOB.blurOuter}u];
  for (var turn = 0u; turn < 6u; turn++) {
    let held = turn % 2u * PIXELS;
    for (var i = lane; i < select(0u, PIXELS, blurs); i += THREADS) {
      store(PIXELS - held + i, blurred(held, i, turn < 3u, radius, inner, outer));
    }
    barrier();
  }

  let threshold = jobs[job + ${JOB.solarize}u];
  let goal = ${firstValue}u + view * 3u * PIXELS;
  for (var i = lane; i < 3u * PIXELS; i += THREADS) {
    let row = i / ${3 * area}u;
    let channel = (i / ${area}u) % 3u;
    let inside = i % ${area}u;
    let y = row / ${size / patch}u * ${patch}u + inside / ${patch}u;
    let x = row % ${size / patch}u * ${patch}u + inside % ${patch}u;
    var byte = (load(y * SIZE + x) >> (8u * channel)) & 255u;
    if (byte >= threshold) { byte = 255u - byte; }
    patches[goal + i] = bitcast<f32>(tables[${TABLES.normalized}u + 256u * channel + byte]);
  }
}

@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let own = workgroupIndex(group, grid);
  ${small ? '' : `memoryStart = own * ${wordsOf(group)}u;`}
  for (var view = own; view < ${views}u; view += ${groups}u) {
    makeView(view, lane);
    barrier();
  }
}`,
  };
}
