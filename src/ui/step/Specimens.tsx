/** The images of the batch; one of them is looked at. */
import { ScrollArea } from '@mantine/core';
import { type KeyboardEvent, useRef } from 'react';
import type { Anatomy } from '../../protocol/anatomy.ts';
import { chooseSpecimen } from '../../state/dissecting.ts';
import { nameOf, Thumbnail, useCard } from '../panels/Thumbnail.tsx';
import classes from './picture.module.css';

/** CSS pixels. */
const SIDE = 34;
const MOVES: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

export function Specimens({ anatomy: { ids, shown, specimen } }: { anatomy: Anatomy }) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = Math.min(shown - 1, Math.max(0, specimen.index + by));
    chooseSpecimen(next);
    list.current?.querySelector<HTMLButtonElement>(`[data-specimen="${next}"]`)?.focus();
  };
  return (
    <ScrollArea type="auto" scrollbarSize={6}>
      <div
        ref={list}
        className={classes.specimenLine}
        role="toolbar"
        aria-label={`Images of the batch${shown < ids.length ? `, the first ${shown} of ${ids.length}` : ''}`}
        onKeyDown={move}
      >
        {ids.slice(0, shown).map((id, index) => (
          <Choice key={id} id={id} index={index} chosen={index === specimen.index} />
        ))}
      </div>
    </ScrollArea>
  );
}

function Choice({ id, index, chosen }: { id: number; index: number; chosen: boolean }) {
  const card = useCard(id);
  return (
    <button
      type="button"
      data-specimen={index}
      aria-pressed={chosen}
      aria-label={nameOf(id, card)}
      title={nameOf(id, card)}
      tabIndex={chosen ? 0 : -1}
      onClick={() => chooseSpecimen(index)}
    >
      <Thumbnail id={id} side={SIDE} silent />
    </button>
  );
}
