/** Choosing images by their thumbnails, a page at a time. */
import { Button, Group, Modal, Pagination, SegmentedControl } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useDataset } from '../use-stores.ts';
import classes from './pictures.module.css';
import { nameOf, Thumbnail, useCard } from './Thumbnail.tsx';

/** Thumbnails on a page of the picker. */
const PAGE = 48;

interface Props {
  /** Of the button that opens it. */
  label: string;
  title: string;
  chosen: readonly number[];
  onChoose: (id: number) => void;
  /** Where several can be chosen, takes all choices back; the picker then stays open. */
  onClear?: () => void;
}

export function ImagePicker({ label, title, chosen, onChoose, onClear }: Props) {
  const [opened, { open, close }] = useDisclosure(false);
  const summary = useDataset((state) => state.summary);
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={open} disabled={summary === null}>
        {label}
      </Button>
      <Modal opened={opened} onClose={close} title={title} size={760}>
        {summary && (
          <Pages
            train={summary.train}
            val={summary.val}
            chosen={chosen}
            {...(onClear ? { onClear } : {})}
            onChoose={(id) => {
              onChoose(id);
              if (onClear === undefined) close();
            }}
          />
        )}
      </Modal>
    </>
  );
}

interface PagesProps {
  train: number;
  val: number;
  chosen: readonly number[];
  onChoose: (id: number) => void;
  onClear?: () => void;
}

function Pages({ train, val, chosen, onChoose, onClear }: PagesProps) {
  const [split, setSplit] = useState<'train' | 'val'>('train');
  const [page, setPage] = useState(1);
  const start = split === 'train' ? 0 : train;
  const count = split === 'train' ? train : val;
  const first = start + (page - 1) * PAGE;
  const ids = Array.from({ length: Math.max(0, Math.min(PAGE, start + count - first)) }, (_, i) => first + i);
  return (
    <>
      <Group mb={12} justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Which images"
          value={split}
          onChange={(value) => {
            setSplit(value === 'val' ? 'val' : 'train');
            setPage(1);
          }}
          data={[
            { value: 'train', label: `Training (${train})` },
            { value: 'val', label: `Validation (${val})` },
          ]}
        />
        {onClear && (
          <Button variant="default" size="compact-sm" onClick={onClear} disabled={chosen.length === 0}>
            Unpin all {chosen.length}
          </Button>
        )}
      </Group>
      <ul className={classes.picks}>
        {ids.map((id) => (
          <li key={id}>
            <Pick id={id} chosen={chosen.includes(id)} onChoose={onChoose} />
          </li>
        ))}
      </ul>
      {count > PAGE && (
        <Pagination
          mt={12}
          size="sm"
          total={Math.ceil(count / PAGE)}
          value={page}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        />
      )}
    </>
  );
}

function Pick({ id, chosen, onChoose }: { id: number; chosen: boolean; onChoose: (id: number) => void }) {
  const card = useCard(id);
  return (
    <button
      type="button"
      className={classes.pick}
      aria-pressed={chosen}
      aria-label={nameOf(id, card)}
      title={card?.path}
      onClick={() => onChoose(id)}
    >
      <Thumbnail id={id} side={72} silent />
      <span>{card?.label ?? id}</span>
    </button>
  );
}
