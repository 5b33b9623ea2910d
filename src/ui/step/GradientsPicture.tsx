/** Phase 6: the gradient of every parameter tensor before and after clipping, on a logarithmic scale. */
import { useState } from 'react';
import type { TensorStep } from '../../protocol/anatomy.ts';
import { formatValue } from '../charts/format.ts';
import classes from './picture.module.css';
import { type PictureProps, STUDENT } from './pictures.ts';
import { partsOf } from './tensors.ts';

const TOP = 26;
const BOTTOM = 30;
const LEFT = 64;

export function GradientsPicture({ anatomy: { tensors, at }, room }: PictureProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const after = ({ gradNorm, coefficient, frozen }: TensorStep) => (frozen ? 0 : gradNorm * coefficient);
  const clipped = tensors.filter(({ coefficient, frozen }) => coefficient < 1 && !frozen).length;
  const longest = tensors.reduce(
    (best, { gradNorm }, i) => (gradNorm > (tensors[best]?.gradNorm ?? 0) ? i : best),
    0,
  );
  const shown = tensors[pointed ?? longest];
  const size = { width: Math.floor(room.width), height: Math.floor(room.height - 64) };
  const norms = tensors.map(({ gradNorm }) => gradNorm).filter((norm) => norm > 0);
  const limit = at.clip === 'off' ? null : at.clipNorm;
  const high = Math.ceil(Math.log10(Math.max(...norms, limit ?? 0) * 1.1));
  const low = Math.max(high - 6, Math.floor(Math.log10(Math.min(...norms))));
  const plot = { width: size.width - LEFT, height: size.height - TOP - BOTTOM };
  const y = (norm: number) =>
    TOP + plot.height * (1 - Math.max(0, Math.log10(Math.max(norm, 1e-30)) - low) / Math.max(1, high - low));
  const step = plot.width / Math.max(1, tensors.length);
  const foot = TOP + plot.height;
  return (
    <div>
      <svg
        width={size.width}
        height={size.height}
        role="img"
        aria-label={`Norms of the gradients of ${tensors.length} tensors; ${clipped} are shortened`}
        onPointerLeave={() => setPointed(null)}
      >
        {Array.from({ length: high - low + 1 }, (_, i) => low + i).map((power) => (
          <g key={power}>
            <line x1={LEFT} x2={size.width} y1={y(10 ** power)} y2={y(10 ** power)} stroke="var(--line)" />
            <text x={LEFT - 8} y={y(10 ** power) + 5} fontSize={15} textAnchor="end" fill="var(--quiet)">
              {formatValue(10 ** power)}
            </text>
          </g>
        ))}
        {partsOf(tensors).map(({ part, from, count }, i) => (
          <g key={part}>
            <rect
              x={LEFT + from * step}
              y={TOP}
              width={count * step}
              height={plot.height}
              fill="var(--ink)"
              fillOpacity={i % 2 === 0 ? 0.05 : 0}
            />
            {count * step > 34 && (
              <text
                x={LEFT + (from + count / 2) * step}
                y={size.height - 9}
                fontSize={15}
                textAnchor="middle"
                fill="var(--ink)"
              >
                {part.length * 7.6 > count * step ? part.replace('block ', 'b') : part}
              </text>
            )}
          </g>
        ))}
        {tensors.map((tensor, i) => {
          const x = LEFT + i * step + step * 0.12;
          const width = step * 0.76;
          const kept = after(tensor);
          return (
            <g key={tensor.name} onPointerEnter={() => setPointed(i)}>
              <rect x={LEFT + i * step} y={TOP} width={step} height={plot.height} fill="transparent" />
              <rect
                x={x}
                y={y(tensor.gradNorm)}
                width={width}
                height={Math.max(0, foot - y(tensor.gradNorm))}
                fill="var(--alarm)"
                fillOpacity={0.45}
              />
              {kept > 0 && (
                <rect x={x} y={y(kept)} width={width} height={Math.max(0, foot - y(kept))} fill={STUDENT} />
              )}
            </g>
          );
        })}
        {limit !== null && at.clip === 'tensor' && (
          <>
            <line
              x1={LEFT}
              x2={size.width}
              y1={y(limit)}
              y2={y(limit)}
              stroke="var(--alarm)"
              strokeWidth={2}
            />
            <text x={size.width - 4} y={y(limit) - 6} fontSize={16} textAnchor="end" fill="var(--alarm)">
              limit {limit}
            </text>
          </>
        )}
      </svg>
      <p className={classes.caption} style={{ minHeight: '2.8em' }}>
        {shown && (
          <>
            {pointed === null ? 'Longest' : 'Pointed at'}: <code>{shown.name}</code>,{' '}
            {formatValue(shown.gradNorm)}
            {shown.frozen
              ? ' and dropped: the last layer is frozen.'
              : shown.coefficient < 1
                ? `, shortened to ${formatValue(after(shown))}.`
                : ', as it is.'}{' '}
          </>
        )}
        {clipped} of {tensors.length} tensors were shortened.
      </p>
    </div>
  );
}
