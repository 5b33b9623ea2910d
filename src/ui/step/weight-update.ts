/** One weight's update by the optimizer's formula, line by line, with the numbers of this step. Pure. */
import type { Anatomy, TensorStep } from '../../protocol/anatomy.ts';

export interface Line {
  /** What is worked out, as the formula names it. */
  name: string;
  /** How, with the numbers put in. */
  how: string;
  value: number;
}

/** Signed, four significant digits. */
export function numeral(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text =
    size < 1e-3 || size >= 1e4
      ? size.toExponential(2).replace('e-', ' · 10⁻').replace('e+', ' · 10')
      : String(Number(size.toPrecision(4)));
  return `${value < 0 ? '−' : ''}${superscript(text)}`;
}

const RAISED: Record<string, string> = {
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

const superscript = (text: string): string =>
  text.replace(
    /(?<=· )10(⁻?)(\d+)$/,
    (_, sign: string, digits: string) => `10${sign}${[...digits].map((d) => RAISED[d] ?? d).join('')}`,
  );

/** The lines that lead from the gradient of a weight (after clipping) to its new value. */
export function updateLines({ at }: Anatomy, tensor: TensorStep, cell: number): Line[] {
  const { piece, decayed, updates } = tensor;
  const { kind, beta1, beta2, epsilon, sgdMomentum } = at.optimizer;
  const theta = piece.student[cell] ?? 0;
  const decay = decayed ? at.weightDecay : 0;
  const clipped = piece.gradient[cell] ?? 0;
  if (tensor.frozen) return [{ name: 'θ', how: 'frozen: nothing moves', value: theta }];
  const gradient = kind === 'adamw' ? clipped : clipped + decay * theta;
  const lines: Line[] = [{ name: 'g', how: 'after clipping', value: clipped }];
  if (kind !== 'adamw' && decay > 0)
    lines.push({ name: 'g', how: `g + ${numeral(decay)} · ${numeral(theta)}`, value: gradient });
  if (kind === 'sgd') {
    const buffer = sgdMomentum * (piece.moments[0]?.[cell] ?? 0) + gradient;
    lines.push({
      name: 'b',
      how: `${sgdMomentum} · ${numeral(piece.moments[0]?.[cell] ?? 0)} + g`,
      value: buffer,
    });
    lines.push({
      name: 'θ',
      how: `${numeral(theta)} − ${numeral(at.lr)} · b`,
      value: theta - at.lr * buffer,
    });
    return lines;
  }
  const [m = 0, v = 0] = piece.moments.map((moment) => moment[cell] ?? 0);
  const first = beta1 * m + (1 - beta1) * gradient;
  const second = beta2 * v + (1 - beta2) * gradient ** 2;
  const hatFirst = first / (1 - beta1 ** updates);
  const hatSecond = second / (1 - beta2 ** updates);
  const ratio = hatFirst / (Math.sqrt(hatSecond) + epsilon);
  const pulled = kind === 'adamw' ? decay * theta : 0;
  lines.push(
    { name: 'm', how: `${beta1} · ${numeral(m)} + ${numeral(1 - beta1)} · g`, value: first },
    { name: 'v', how: `${beta2} · ${numeral(v)} + ${numeral(1 - beta2)} · g²`, value: second },
    { name: 'm̂', how: `m / (1 − ${beta1}^${updates})`, value: hatFirst },
    { name: 'v̂', how: `v / (1 − ${beta2}^${updates})`, value: hatSecond },
    {
      name: 'θ',
      how: `${numeral(theta)} − ${numeral(at.lr)} · (${numeral(ratio)}${pulled === 0 ? '' : ` + ${numeral(decay)} · ${numeral(theta)}`})`,
      value: theta - at.lr * (ratio + pulled),
    },
  );
  return lines;
}
