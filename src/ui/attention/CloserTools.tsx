/** The closer look's controls: picture, resolution, network, block, what to show, and how to draw it. */
import { Button, FileButton, SegmentedControl } from '@mantine/core';
import { wishFor } from '../../state/looks.ts';
import { openMedia } from '../../state/video-looking.ts';
import { ImagePicker } from '../panels/ImagePicker.tsx';
import pictures from '../panels/pictures.module.css';
import { nameOf, useCard } from '../panels/Thumbnail.tsx';
import { useLooks } from '../use-stores.ts';
import classes from './closer.module.css';
import { type Drawing, DrawingTools } from './DrawingTools.tsx';
import { SaveMaps } from './SaveMaps.tsx';
import { Blocks, NETWORKS, SHOWN } from './subject-tools.tsx';

interface Props {
  drawing: Drawing;
  onDraw: (change: Partial<Drawing>) => void;
}

const RESOLUTIONS = [
  { value: 'trained', label: 'As trained' },
  { value: 'own', label: 'Own size' },
] as const;

export function CloserTools({ drawing, onDraw }: Props) {
  const wish = useLooks((state) => state.wish);
  const blocks = useLooks((state) => state.result?.blocks ?? null);
  return (
    <>
      <div className={pictures.toolbar}>
        <Picture />
        <SegmentedControl
          size="xs"
          aria-label="Resolution"
          value={wish.resolution}
          onChange={(resolution) => wishFor({ resolution, patch: null })}
          data={[...RESOLUTIONS]}
        />
        <SaveMaps drawing={drawing} />
      </div>
      <div className={pictures.toolbar}>
        <SegmentedControl
          size="xs"
          aria-label="Which network"
          value={wish.network}
          onChange={(network) => wishFor({ network })}
          data={[...NETWORKS]}
        />
        <SegmentedControl
          size="xs"
          aria-label="What to show"
          value={wish.show}
          onChange={(show) => wishFor({ show })}
          data={[...SHOWN]}
        />
        {blocks !== null && (
          <Blocks block={wish.block} blocks={blocks} onChange={(block) => wishFor({ block })} />
        )}
      </div>
      <DrawingTools drawing={drawing} colored={wish.show === 'colors'} onDraw={onDraw} />
    </>
  );
}

/** The image or photo that is looked at, and others to choose. */
function Picture() {
  const image = useLooks((state) => state.wish.image);
  const photo = useLooks((state) => state.photo);
  return (
    <>
      <ImagePicker
        label="Choose an image"
        title="Look closer at"
        chosen={image === 'photo' ? [] : [image]}
        onChoose={(id) => wishFor({ image: id, patch: null })}
      />
      <FileButton accept="image/*" onChange={(file) => file && void openMedia(file)}>
        {(props) => (
          <Button {...props} variant="default" size="compact-sm">
            Open a photo
          </Button>
        )}
      </FileButton>
      <span className={classes.name}>
        {image === 'photo' ? (photo?.name ?? 'photo') : <ImageName id={image} />}
      </span>
    </>
  );
}

function ImageName({ id }: { id: number }) {
  const card = useCard(id);
  return <>{nameOf(id, card)}</>;
}
