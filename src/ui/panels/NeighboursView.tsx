/** An image and the training images that the teacher finds most alike. */
import { Button } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { requestNeighbours, selectImage } from '../../state/actions.ts';
import { formatCount } from '../charts/format.ts';
import { useDataset, useSession, useView } from '../use-stores.ts';
import { ImagePicker } from './ImagePicker.tsx';
import { PanelFrame } from './PanelFrame.tsx';
import panel from './panels.module.css';
import classes from './pictures.module.css';
import { nameOf, Thumbnail, useCard } from './Thumbnail.tsx';

function choose(id: number): void {
  selectImage(id);
  requestNeighbours(id);
}

export function NeighboursView() {
  const hasImages = useDataset((state) => state.summary !== null);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const answer = useView((state) => state.neighbours);
  const selected = useView((state) => state.selectedImage);
  const query = answer?.id ?? selected;
  const card = useCard(query);
  return (
    <PanelFrame
      title="Nearest neighbours"
      figure={answer && `teacher at step ${formatCount(answer.step)}`}
      about="The training images whose features, by the teacher as it is now, point most nearly the same way as the chosen image's; 1 is the same direction. What is alike for the network shows here before any score does. Choose a neighbour to look from there."
      source="Cosine similarity of L2-normalised CLS features, as in the k-NN evaluation of Caron et al. 2021, §3.2."
    >
      <div className={panel.row}>
        <ImagePicker label="Choose an image…" title="Choose an image" chosen={[query]} onChoose={choose} />
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => requestNeighbours(query)}
          disabled={!hasImages || phase === 'empty' || phase === 'preparing' || phase === 'fault'}
        >
          {answer ? 'Ask the teacher again' : 'Find its neighbours'}
        </Button>
      </div>
      {hasImages && (
        <div className={classes.query}>
          <figure style={{ margin: 0 }}>
            <Thumbnail id={query} side={128} />
            <figcaption className={classes.caption} title={card?.path}>
              {card?.label ?? nameOf(query, card)}
            </figcaption>
          </figure>
          {answer ? (
            <ol
              className={classes.neighbours}
              aria-label={`Neighbours of ${nameOf(query, card)}, nearest first`}
            >
              {answer.neighbours.map(({ id, similarity }) => (
                <li key={id}>
                  <Neighbour id={id} similarity={similarity} queryLabel={card?.label ?? null} />
                </li>
              ))}
            </ol>
          ) : (
            <p className={panel.quiet}>Its neighbours appear here, nearest first, with their similarity.</p>
          )}
        </div>
      )}
    </PanelFrame>
  );
}

interface NeighbourProps {
  id: number;
  similarity: number;
  queryLabel: string | null;
}

/** Right and wrong by a tick and a cross, in words for those who hear them; color only underlines it. */
function Neighbour({ id, similarity, queryLabel }: NeighbourProps) {
  const card = useCard(id);
  const label = card?.label ?? null;
  const match = label === null || queryLabel === null ? 'unknown' : label === queryLabel ? 'same' : 'other';
  const words = { same: ', same class', other: ', another class', unknown: '' }[match];
  const Mark = { same: IconCheck, other: IconX, unknown: null }[match];
  return (
    <button
      type="button"
      className={classes.neighbour}
      data-match={match}
      title={card?.path}
      aria-label={`${nameOf(id, card)}${words}, similarity ${similarity.toFixed(4)}`}
      onClick={() => choose(id)}
    >
      <Thumbnail id={id} side={64} silent />
      <span>
        {Mark && (
          <Mark size={12} stroke={3} style={{ verticalAlign: -1.5, marginRight: 3 }} aria-hidden="true" />
        )}
        {label ?? `image ${id}`}
      </span>
      <span>{similarity.toFixed(4)}</span>
    </button>
  );
}
