/** Which parameter tensor, and which of its weights, is looked at. */
import { NumberInput, Select } from '@mantine/core';
import type { TensorStep } from '../../protocol/anatomy.ts';
import { chooseTensor } from '../../state/anatomy.ts';
import classes from './picture.module.css';
import { partsOf } from './tensors.ts';

interface Props {
  tensors: readonly TensorStep[];
  tensor: TensorStep;
  /** Of the weight, in the corner that is shown; null where none is chosen. */
  cell: number | null;
  onChoose: (cell: number) => void;
}

export function TensorPicker({ tensors, tensor, cell, onChoose }: Props) {
  const { rows, columns } = tensor.piece;
  const groups = partsOf(tensors).map(({ part, from, count }) => ({
    group: part,
    items: tensors.slice(from, from + count).map(({ name }) => name),
  }));
  return (
    <div className={classes.line}>
      <Select
        size="sm"
        className={classes.tensorSelect ?? ''}
        aria-label="Parameter tensor"
        data={groups}
        value={tensor.name}
        allowDeselect={false}
        searchable
        onChange={(name) => {
          if (name !== null) chooseTensor(name);
        }}
      />
      {cell !== null && (
        <>
          <Place
            name="Row"
            count={rows}
            value={Math.floor(cell / columns)}
            onChange={(row) => onChoose(row * columns + (cell % columns))}
          />
          <Place
            name="Column"
            count={columns}
            value={cell % columns}
            onChange={(column) => onChoose(Math.floor(cell / columns) * columns + column)}
          />
        </>
      )}
    </div>
  );
}

function Place({
  name,
  count,
  value,
  onChange,
}: {
  name: string;
  count: number;
  value: number;
  onChange: (value: number) => void;
}) {
  return (
    <span className={classes.place}>
      {name}
      <NumberInput
        aria-label={`${name}, from 0 to ${count - 1}`}
        size="sm"
        w={68}
        min={0}
        max={count - 1}
        clampBehavior="strict"
        allowDecimal={false}
        allowNegative={false}
        value={value}
        onChange={(next) => {
          if (typeof next === 'number') onChange(next);
        }}
      />
    </span>
  );
}

/** "first 16 × 16 of 96 × 288": what of the tensor is shown. */
export function cornerInWords({ shape, piece }: TensorStep): string {
  const width = shape.at(-1) ?? 1;
  const size = shape.reduce((product, side) => product * side, 1);
  const whole = `${size / width} × ${width}`;
  const corner = `${piece.rows} × ${piece.columns}`;
  return corner === whole ? `all ${whole} weights` : `the first ${corner} of ${whole} weights`;
}
