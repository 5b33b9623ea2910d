/** Splits a kernel's work over the threads that share the heap; the thread that trains does its part and waits. */
import { fillTable } from './functions.ts';
import { runTask } from './tasks.ts';

/**
 * The pool's block in memory. TICKET holds the number of tasks and the next one in a single word, so that a thread
 * which comes late from an earlier job can never take a task of which it does not know the arguments.
 */
const TICKET: usize = 0;
const FINISHED: usize = 64;
const GENERATION: usize = 128;
const SLEEPERS: usize = 132;
const KIND: usize = 192;
const ARGUMENTS: usize = 256;
const ZEROS: usize = 448;
/** Constants of the transcendental functions. */
const TABLE: usize = 512;
/** From here on, for each thread, a buffer of one tile (6 × 8 values) and room for 512 values. */
const EDGES: usize = 640;
const EDGE_BYTES: usize = 192;
const THREAD_BYTES: usize = EDGE_BYTES + 2048;

/** Imported under this file's name: returns when nobody else has more need of the processor. */
declare function giveWay(): void;

const NEXT_BITS: u64 = 24;
const NEXT_MASK: u64 = 0xff_ffff;
/** Looks for work before a thread goes to sleep: longer than the pause between two kernels of a step. */
const IDLE_LOOKS: i32 = 40_000;
/** Looks for the last task's end before the waiting thread leaves its processor to the one that has the task. */
const WAIT_LOOKS: i32 = 4_000;
const NAP_NANOSECONDS: i64 = 100_000;

let block: usize = 0;
let threads: i32 = 1;
let self: usize = 0;

/** Called once, by the thread that trains; `address` is of 640 + 2240·count bytes, all 0. */
export function open(address: usize, count: i32): void {
  block = address;
  threads = count;
  fillTable(address + TABLE);
}

/** Where the constants of the transcendental functions lie. */
export function table(): usize {
  return block + TABLE;
}

export function threadCount(): i32 {
  return threads;
}

/** Which thread this is: 0 trains. */
export function threadIndex(): usize {
  return self;
}

/** This thread's buffer for a tile that reaches over the end of a matrix. */
export function edge(): usize {
  return block + EDGES + self * THREAD_BYTES;
}

/** This thread's room for 512 values. */
export function room(): usize {
  return edge() + EDGE_BYTES;
}

/** Eight zeros. */
export function zeros(): usize {
  return block + ZEROS;
}

/** Arguments of the job, set before `parallel` and read by its tasks. */
export function put(slot: usize, value: usize): void {
  store<usize>(block + ARGUMENTS + (slot << 2), value);
}

export function get(slot: usize): usize {
  return load<usize>(block + ARGUMENTS + (slot << 2));
}

export function putFloat(slot: usize, value: f32): void {
  store<f32>(block + ARGUMENTS + (slot << 2), value);
}

export function getFloat(slot: usize): f32 {
  return load<f32>(block + ARGUMENTS + (slot << 2));
}

/** Runs tasks 0 to `tasks` − 1 of a kind, in any order and at the same time; returns when all are done. */
export function parallel(kind: i32, tasks: i32): void {
  if (ASC_FEATURE_THREADS) {
    if (threads > 1 && tasks > 1) {
      share(kind, tasks);
      return;
    }
  }
  for (let i = 0; i < tasks; i++) runTask(kind, i);
}

function share(kind: i32, tasks: i32): void {
  store<i32>(block + KIND, kind);
  atomic.store<i32>(block + FINISHED, 0);
  atomic.store<u64>(block + TICKET, (<u64>tasks) << NEXT_BITS);
  atomic.add<i32>(block + GENERATION, 1);
  if (atomic.load<i32>(block + SLEEPERS) > 0) atomic.notify(block + GENERATION, threads - 1);
  takeTasks();
  let looks = 0;
  for (;;) {
    const finished = atomic.load<i32>(block + FINISHED);
    if (finished == tasks) return;
    if (++looks > WAIT_LOOKS) atomic.wait<i32>(block + FINISHED, finished, NAP_NANOSECONDS);
  }
}

function hasWork(): bool {
  const ticket = atomic.load<u64>(block + TICKET);
  return (ticket & NEXT_MASK) < ticket >> NEXT_BITS;
}

function takeTasks(): void {
  while (hasWork()) {
    // The thread that trains never waits: it alone goes on with the run.
    if (self != 0) {
      giveWay();
      if (!hasWork()) return;
    }
    const ticket = atomic.add<u64>(block + TICKET, 1);
    const task = ticket & NEXT_MASK;
    if (task >= ticket >> NEXT_BITS) return;
    runTask(load<i32>(block + KIND), <i32>task);
    atomic.add<i32>(block + FINISHED, 1);
  }
}

/** The life of every other thread: takes tasks, and sleeps while there are none. Never returns. */
export function serve(address: usize, count: i32, thread: usize): void {
  block = address;
  threads = count;
  self = thread;
  if (!ASC_FEATURE_THREADS) return;
  let looks = 0;
  for (;;) {
    if (hasWork()) {
      takeTasks();
      looks = 0;
    } else if (++looks > IDLE_LOOKS) {
      atomic.add<i32>(block + SLEEPERS, 1);
      const generation = atomic.load<i32>(block + GENERATION);
      if (!hasWork()) atomic.wait<i32>(block + GENERATION, generation, -1);
      atomic.sub<i32>(block + SLEEPERS, 1);
      looks = 0;
    }
  }
}
