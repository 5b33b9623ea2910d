/** The loss term of each pair: teacher views down, student views across. A cell is chosen by click or arrow keys. */
import { type KeyboardEvent, useRef } from 'react';
import type { Specimen } from '../../protocol/anatomy.ts';
import { viewTag } from './answers.ts';
import classes from './picture.module.css';
import { ViewPicture } from './ViewPicture.tsx';

export interface Pair {
  teacher: number;
  student: number;
}

interface Props {
  views: Specimen['views'];
  /** Row by row; null where both are the same view. */
  pairs: readonly (number | null)[];
  chosen: Pair;
  onChoose: (pair: Pair) => void;
  /** Side of the small pictures, CSS pixels. */
  side: number;
}

const MOVES: Record<string, Pair> = {
  ArrowUp: { teacher: -1, student: 0 },
  ArrowDown: { teacher: 1, student: 0 },
  ArrowLeft: { teacher: 0, student: -1 },
  ArrowRight: { teacher: 0, student: 1 },
};

export function PairMatrix({ views, pairs, chosen, onChoose, side }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const numbers = pairs.filter((value) => value !== null);
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (!by) return;
    event.preventDefault();
    const next = stepTo(chosen, by, views.length);
    onChoose(next);
    table.current?.querySelector<HTMLButtonElement>(`[data-pair="${next.teacher}-${next.student}"]`)?.focus();
  };
  return (
    <table className={classes.matrix} ref={table} aria-label="Loss of each pair" onKeyDown={move}>
      <thead>
        <tr>
          <th />
          {views.map(({ index }) => (
            <th key={index} scope="col">
              <ViewPicture views={views} index={index} side={side} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[0, 1].map((teacher) => (
          <tr key={teacher}>
            <th scope="row">
              <ViewPicture views={views} index={teacher} side={side} />
            </th>
            {views.map(({ index: student }) => {
              const value = pairs[teacher * views.length + student] ?? null;
              const is = chosen.teacher === teacher && chosen.student === student;
              const name = `Teacher ${viewTag(views, teacher)}, student ${viewTag(views, student)}`;
              return (
                <td key={student}>
                  {value === null ? (
                    <span className={classes.skipped} title={`${name}: the same view, left out`}>
                      same
                    </span>
                  ) : (
                    <button
                      type="button"
                      data-pair={`${teacher}-${student}`}
                      aria-pressed={is}
                      aria-label={`${name}: ${value.toFixed(3)}`}
                      tabIndex={is ? 0 : -1}
                      style={{ background: tint((value - low) / Math.max(1e-9, high - low)) }}
                      onClick={() => onChoose({ teacher, student })}
                    >
                      {value.toFixed(2)}
                    </button>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The next pair of different views in a direction; at the edge, the same one. */
function stepTo({ teacher, student }: Pair, by: Pair, views: number): Pair {
  let at = { teacher, student };
  for (;;) {
    at = { teacher: at.teacher + by.teacher, student: at.student + by.student };
    if (at.teacher < 0 || at.teacher > 1 || at.student < 0 || at.student >= views)
      return { teacher, student };
    if (at.teacher !== at.student) return at;
    // Up or down from a pair to the left-out one: beside it.
    if (by.teacher !== 0) return { teacher: at.teacher, student: at.student === 0 ? 1 : 0 };
  }
}

/** Stronger the dearer the pair. */
const tint = (share: number): string =>
  `color-mix(in srgb, var(--alarm) ${(8 + 42 * share).toFixed(0)}%, var(--panel))`;
