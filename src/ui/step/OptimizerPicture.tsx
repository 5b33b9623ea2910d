/** Phase 7: a corner of a tensor with its gradient, moments and step, and one weight's update with all numbers put in. */
import { useState } from 'react';
import { useAnatomy } from '../use-stores.ts';
import { HeatMap } from './HeatMap.tsx';
import classes from './picture.module.css';
import type { PictureProps } from './pictures.ts';
import { cornerInWords, TensorPicker } from './TensorPicker.tsx';
import { shownTensor } from './tensors.ts';
import { numeral, updateLines } from './weight-update.ts';

const GAP = 10;

export function OptimizerPicture({ anatomy, room }: PictureProps) {
  const tensor = shownTensor(
    anatomy,
    useAnatomy((state) => state.tensor),
  );
  const [wanted, setCell] = useState(0);
  if (!tensor) return null;
  const { piece } = tensor;
  const { rows, columns } = piece;
  const cell = Math.min(wanted, rows * columns - 1);
  const sgd = anatomy.at.optimizer.kind === 'sgd';
  const step = piece.studentAfter.map((value, i) => value - (piece.student[i] ?? 0));
  const [first = piece.gradient, second] = piece.momentsAfter;
  const maps = [
    { name: 'g', what: 'gradient', values: piece.gradient },
    { name: sgd ? 'b' : 'm', what: sgd ? 'velocity' : 'its mean', values: first },
    ...(second ? [{ name: '√v', what: 'its size', values: second.map(Math.sqrt) }] : []),
    { name: 'Δθ', what: 'the step', values: step },
    { name: 'θ', what: 'the weights', values: piece.studentAfter },
  ];
  const lines = updateLines(anatomy, tensor, cell);
  const tableHeight = 28 * lines.length;
  const side = Math.min(
    (room.width - GAP * (maps.length - 1)) / maps.length,
    Math.max(90, room.height - tableHeight - 140),
  );
  return (
    <div className={classes.stack} style={{ gap: 8 }}>
      <TensorPicker tensors={anatomy.tensors} tensor={tensor} cell={cell} onChoose={setCell} />
      <div className={classes.line} style={{ gap: GAP, alignItems: 'start' }}>
        {maps.map(({ name, what, values }) => (
          <figure key={name} className={classes.heat}>
            <HeatMap
              values={values}
              rows={rows}
              columns={columns}
              side={side}
              chosen={cell}
              onChoose={setCell}
              label={`${name}, ${what}: ${cornerInWords(tensor)}`}
            />
            <figcaption>
              <i>{name}</i> {what}
            </figcaption>
          </figure>
        ))}
      </div>
      <p className={classes.caption}>
        {cornerInWords(tensor)}, <span style={{ color: 'var(--teacher)' }}>above 0</span>,{' '}
        <span style={{ color: 'var(--student)' }}>below</span>
      </p>
      <table className={classes.sums} aria-label="The update of the chosen weight">
        <tbody>
          {lines.map(({ name, how, value }, i) => (
            <tr key={`${name} ${how}`} data-result={i === lines.length - 1}>
              <th scope="row">{name}</th>
              <td>{how}</td>
              <td>{numeral(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
