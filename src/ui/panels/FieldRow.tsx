/** One setting: its label and symbol, a control that fits it, the paper's value, and a way back to it. */
import { ActionIcon, NativeSelect, Switch, TextInput, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState } from 'react';
import { type Control, differsFromPaper, type Field, valueIn } from '../../config/fields.ts';
import type { LeafValue } from '../../config/overrides.ts';
import { defaultConfig } from '../../config/schema.ts';
import { dismissRefusal, setSetting } from '../../state/settings.ts';
import { useSettings } from '../use-stores.ts';

export function FieldRow({ field }: { field: Field }) {
  const path = `${field.group}.${field.key}`;
  const value = useSettings((s) => valueIn(s.config, field));
  const differs = useSettings((s) => differsFromPaper(s.config, field));
  const refusal = useSettings((s) => (s.refusal?.path === path ? s.refusal.message : null));
  const id = useId();
  const set = (next: LeafValue) => setSetting(field.group, field.key, next);
  return (
    <div className="field" data-differs={differs || undefined}>
      <Tooltip
        label={`${field.sentence} Paper: ${field.paper}.`}
        position="right"
        events={{ hover: true, focus: true, touch: true }}
      >
        <div className="fieldLine">
          <label htmlFor={id} id={`${id}-label`}>
            {field.label}
            {field.symbol && <MathSymbol text={field.symbol} />}
          </label>
          <ControlOf id={id} field={field} value={value} set={set} refused={refusal !== null} />
        </div>
      </Tooltip>
      <VisuallyHidden id={`${id}-about`}>
        {field.sentence} Paper: {field.paper}.
      </VisuallyHidden>
      <div className="fieldFoot">
        <span className="quiet">paper {field.paper}</span>
        {differs && (
          <ActionIcon
            size={18}
            variant="subtle"
            color="gray"
            aria-label="Back to the paper’s value"
            aria-describedby={`${id}-label`}
            onClick={() => set(valueIn(defaultConfig, field))}
          >
            <IconArrowBackUp size={13} />
          </ActionIcon>
        )}
      </div>
      {refusal && (
        <p className="refusal" id={`${id}-refusal`} role="alert">
          Not taken: {refusal}.
        </p>
      )}
    </div>
  );
}

/** "τ_t" with its index set below the line. */
function MathSymbol({ text }: { text: string }) {
  const [stem, index] = text.split('_');
  return (
    <i className="symbol">
      {' '}
      {stem}
      {index && <sub>{index}</sub>}
    </i>
  );
}

interface ControlProps {
  id: string;
  field: Field;
  value: LeafValue;
  set: (value: LeafValue) => boolean;
  refused: boolean;
}

/** The control alone, for whoever keeps the value; `set` says whether it was taken. */
export function ControlOf({ id, field, value, set, refused }: ControlProps) {
  const { control } = field;
  const described = `${id}-about${refused ? ` ${id}-refusal` : ''}`;
  switch (control.kind) {
    case 'switch':
      return (
        <Switch
          id={id}
          size="xs"
          aria-describedby={described}
          checked={value === true}
          onChange={(event) => set(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <NativeSelect
          id={id}
          size="xs"
          className="fieldControl wide"
          aria-describedby={described}
          data={control.options}
          value={String(value)}
          onChange={(event) => set(event.currentTarget.value)}
        />
      );
    case 'number':
    case 'text':
      return (
        <Draft
          id={id}
          described={described}
          control={control}
          unit={field.unit}
          value={value}
          set={set}
          refused={refused}
        />
      );
    default:
      control satisfies never;
      return null;
  }
}

const REST = 600; // ms without a key after which a typed value is taken

interface DraftProps {
  id: string;
  described: string;
  control: Extract<Control, { kind: 'number' | 'text' }>;
  unit: string | null;
  value: LeafValue;
  set: (value: LeafValue) => boolean;
  refused: boolean;
}

/** Text being typed: taken on Enter, on leaving, or after a moment's rest; Escape brings the old value back. */
function Draft({ id, described, control, unit, value, set, refused }: DraftProps) {
  const kept = value === null ? '' : String(value);
  const [text, setText] = useState(kept);
  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(kept), [kept]);
  useEffect(() => () => clearTimeout(rest.current), []);

  const take = (typed: string) => {
    clearTimeout(rest.current);
    if (typed.trim() !== kept) set(meant(control, typed));
  };
  const leave = () => {
    clearTimeout(rest.current);
    setText(kept);
    if (refused) dismissRefusal();
  };
  const number = control.kind === 'number' ? control : null;
  return (
    <TextInput
      id={id}
      size="xs"
      className={number ? 'fieldControl' : 'fieldControl wide'}
      type={number ? 'number' : 'text'}
      {...(number ? { min: number.min, step: number.step, placeholder: number.none ?? '' } : {})}
      {...(number && number.max !== null ? { max: number.max } : {})}
      {...(unit
        ? {
            rightSection: <span className="quiet">{unit}</span>,
            rightSectionPointerEvents: 'none',
            rightSectionWidth: 12 + 7 * unit.length,
          }
        : {})}
      aria-describedby={described}
      error={refused}
      value={text}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        clearTimeout(rest.current);
        rest.current = setTimeout(() => take(typed), REST);
      }}
      onBlur={() => take(text)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take(text);
        if (event.key === 'Escape') leave();
      }}
    />
  );
}

/** What typed text stands for; what is not a number is passed on as text, for the schema to refuse. */
function meant(control: DraftProps['control'], typed: string): LeafValue {
  const text = typed.trim();
  if (control.kind === 'text') return typed;
  if (text === '' && control.none !== null) return null;
  return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
}
