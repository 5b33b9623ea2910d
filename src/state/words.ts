/** Numbers as a person reads them: counts, durations, bytes, rates. */
import type { BackendInfo } from '../protocol/values.ts';

export const backendNames: Record<BackendInfo['backend'], string> = {
  webgpu: 'WebGPU',
  wasm: 'WASM',
  cpu: 'CPU',
};

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 12000 → "12,000". */
export function countWords(n: number): string {
  return grouped.format(n);
}

/** "1 image", "12,000 images". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${countWords(n)} ${n === 1 ? one : many}`;
}

/** Seconds in the one unit that fits: "8 s", "4 min", "2.5 h", "3 days". */
export function durationWords(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 59.5) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  if (hours < 10) return `${Number(hours.toFixed(1))} h`;
  return hours < 48 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`;
}

/** "640 KiB", "12.5 MiB", "1.2 GiB". */
export function bytesWords(bytes: number): string {
  const mebibytes = bytes / 2 ** 20;
  if (mebibytes < 1) return `${Math.round(bytes / 1024)} KiB`;
  if (mebibytes < 1024) return `${Number(mebibytes.toFixed(mebibytes < 100 ? 1 : 0))} MiB`;
  return `${Number((mebibytes / 1024).toFixed(1))} GiB`;
}

const OPERATIONS = ['', 'k', 'M', 'G', 'T'];

/** Floating-point operations with three figures: "640 kFLOP", "9.22 GFLOP". */
export function operationsWords(count: number): string {
  const step = Math.min(OPERATIONS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, count)) / 3)));
  return `${Number((count / 1000 ** step).toPrecision(3))} ${OPERATIONS[step]}FLOP`;
}

/** A rate with two significant figures below ten: "0.43", "8.2", "31". */
export function rateWords(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return '–';
  return perSecond < 10 ? String(Number(perSecond.toPrecision(2))) : countWords(perSecond);
}
