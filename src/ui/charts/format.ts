/** Figures as the charts write them. */
import { exponential } from '../../core/exponent.ts';

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** 1234 → "1,234". */
export function formatCount(value: number): string {
  return grouped.format(value);
}

/** Steps on an axis: 1500 → "1.5k". */
export function formatStep(value: number): string {
  if (Math.abs(value) < 10_000) return String(Math.round(value));
  if (Math.abs(value) < 1e6) return `${Number((value / 1e3).toPrecision(4))}k`;
  return `${Number((value / 1e6).toPrecision(4))}M`;
}

/** Three or four significant digits; very small ones as 5e-4. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e5) return exponential(value);
  if (size >= 1e4) return value.toFixed(0);
  if (size >= 100) return value.toFixed(1);
  return String(Number(value.toPrecision(4)));
}

/** Four places before rounding hides that 0.9960 is not 0.9970. */
export function formatMomentum(value: number): string {
  return value.toFixed(value > 0.999 && value < 1 ? 5 : 4);
}

export function formatPercent(value: number): string {
  return `${value.toFixed(1)} %`;
}
