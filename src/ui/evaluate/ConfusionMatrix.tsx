/** True classes × predicted classes. A cell opens its images; arrow keys walk over the cells. */
import { type KeyboardEvent, useRef, useState } from 'react';
import type { FindingOf } from '../../protocol/studies.ts';
import { plural } from '../../state/words.ts';
import panel from '../panels/panels.module.css';
import classes from './evaluate.module.css';
import { ImageSheet } from './ImageSheet.tsx';

/** More classes than this are told by their commonest mistakes: a matrix of them cannot be read. */
const MOST_CLASSES = 40;
const MISTAKES = 40;

interface Cell {
  truth: number;
  predicted: number;
}

const MOVES: Record<string, [number, number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function ConfusionMatrix({ finding }: { finding: FindingOf<'report'> }) {
  const [open, setOpen] = useState<Cell | null>(null);
  const { classes: names, confusion, predictions } = finding;
  const nameOf = (index: number) => names[index] ?? `class ${index}`;
  const ids = predictions.flatMap(({ id, truth, predicted }) =>
    truth === open?.truth && predicted === open.predicted ? [id] : [],
  );
  return (
    <>
      {names.length <= MOST_CLASSES ? (
        <Matrix names={names} confusion={confusion} onOpen={setOpen} />
      ) : (
        <Mistakes names={names} confusion={confusion} onOpen={setOpen} />
      )}
      {open && (
        <ImageSheet
          title={`${plural(ids.length, 'image')} of ${nameOf(open.truth)} taken for ${nameOf(open.predicted)}`}
          ids={ids}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

interface Props {
  names: readonly string[];
  confusion: readonly (readonly number[])[];
  onOpen: (cell: Cell) => void;
}

function Matrix({ names, confusion, onOpen }: Props) {
  const [at, setAt] = useState<Cell>({ truth: 0, predicted: 0 });
  const table = useRef<HTMLTableElement>(null);
  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (!by) return;
    event.preventDefault();
    const within = (index: number) => Math.min(names.length - 1, Math.max(0, index));
    const next = { truth: within(at.truth + by[0]), predicted: within(at.predicted + by[1]) };
    setAt(next);
    table.current?.querySelector<HTMLButtonElement>(`[data-cell="${next.truth}-${next.predicted}"]`)?.focus();
  };
  return (
    <div className={classes.matrixFrame}>
      <table className={classes.matrix} ref={table} aria-label="Confusion matrix" onKeyDown={move}>
        <thead>
          <tr>
            <th className={classes.corner}>true ↓ taken for →</th>
            {names.map((name) => (
              <th key={name} scope="col" className={classes.across} title={name}>
                <span>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {confusion.map((row, truth) => {
            const support = row.reduce((sum, count) => sum + count, 0);
            const name = names[truth] ?? '';
            return (
              <tr key={name}>
                <th scope="row" title={name}>
                  {name}
                </th>
                {row.map((count, predicted) => {
                  const share = support > 0 ? count / support : 0;
                  return (
                    <td key={names[predicted] ?? predicted}>
                      <button
                        type="button"
                        data-cell={`${truth}-${predicted}`}
                        data-strong={share > 0.5}
                        style={{ backgroundColor: colorOf(share, truth === predicted) }}
                        tabIndex={at.truth === truth && at.predicted === predicted ? 0 : -1}
                        aria-label={`${name} taken for ${names[predicted]}: ${count}`}
                        aria-disabled={count === 0}
                        onFocus={() => setAt({ truth, predicted })}
                        onClick={() => {
                          if (count > 0) onOpen({ truth, predicted });
                        }}
                      >
                        {count > 0 ? count : ''}
                      </button>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Stronger with the share of the true class; right and wrong in colors of their own. */
function colorOf(share: number, right: boolean): string {
  const strength = (100 * share).toFixed(1);
  return `color-mix(in srgb, var(${right ? '--accent' : '--teacher'}) ${strength}%, var(--sunken))`;
}

function Mistakes({ names, confusion, onOpen }: Props) {
  const mistakes = confusion
    .flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })))
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MISTAKES);
  return (
    <>
      <p className={panel.quiet}>
        {plural(names.length, 'class', 'classes')} are too many for a matrix: these are the commonest
        mistakes.
      </p>
      <ul className={classes.mistakes}>
        {mistakes.map(({ truth, predicted, count }) => (
          <li key={`${truth} ${predicted}`}>
            <button type="button" onClick={() => onOpen({ truth, predicted })}>
              <b>{count}</b> {names[truth]} taken for {names[predicted]}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
