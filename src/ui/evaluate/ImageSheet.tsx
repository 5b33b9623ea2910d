/** A window with many images, a page at a time. */
import { Modal, Pagination } from '@mantine/core';
import { useState } from 'react';
import pictures from '../panels/pictures.module.css';
import { nameOf, Thumbnail, useCard } from '../panels/Thumbnail.tsx';
import classes from './evaluate.module.css';

const PAGE = 60;

interface Props {
  title: string;
  ids: readonly number[];
  onClose: () => void;
}

export function ImageSheet({ title, ids, onClose }: Props) {
  const [page, setPage] = useState(1);
  return (
    <Modal opened onClose={onClose} title={title} size={760} closeButtonProps={{ 'aria-label': 'Close' }}>
      <ul className={pictures.picks} aria-label={title}>
        {ids.slice((page - 1) * PAGE, page * PAGE).map((id) => (
          <li key={id}>
            <Captioned id={id} side={72} />
          </li>
        ))}
      </ul>
      {ids.length > PAGE && (
        <Pagination
          mt={12}
          size="sm"
          total={Math.ceil(ids.length / PAGE)}
          value={page}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        />
      )}
    </Modal>
  );
}

function Captioned({ id, side }: { id: number; side: number }) {
  const card = useCard(id);
  return (
    <figure className={classes.picture} title={card?.path}>
      <Thumbnail id={id} side={side} />
      <figcaption>{card?.label ?? nameOf(id, card)}</figcaption>
    </figure>
  );
}
