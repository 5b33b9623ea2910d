/** The closer look's controls: picture, resolution, network, block, what to show, and how to draw it. */
import { Button, FileButton, SegmentedControl, Slider, Switch } from '@mantine/core';
import { COLORMAPS, type ColormapName } from '../../core/colormap.ts';
import { openPhoto } from '../../state/looking.ts';
import { wishFor } from '../../state/looks.ts';
import { setOverlay } from '../../state/view.ts';
import { Share } from '../panels/AttentionTools.tsx';
import { ImagePicker } from '../panels/ImagePicker.tsx';
import pictures from '../panels/pictures.module.css';
import { nameOf, useCard } from '../panels/Thumbnail.tsx';
import { useLooks, useView } from '../use-stores.ts';
import classes from './closer.module.css';
import { SaveMaps } from './SaveMaps.tsx';

export interface Drawing {
  colormap: ColormapName;
  /** The mask of the top mass in place of the map. */
  masked: boolean;
  /** Colors begin at 0, not at the map's least value. */
  fromZero: boolean;
}

interface Props {
  drawing: Drawing;
  onDraw: (change: Partial<Drawing>) => void;
}

const NETWORKS = [
  { value: 'teacher', label: 'Teacher' },
  { value: 'student', label: 'Student' },
  { value: 'untrained', label: 'Untrained' },
] as const;
const SHOWN = [
  { value: 'heads', label: 'Attention' },
  { value: 'rollout', label: 'Rollout' },
  { value: 'colors', label: 'PCA colors' },
] as const;
const RESOLUTIONS = [
  { value: 'trained', label: 'As trained' },
  { value: 'own', label: 'Own size' },
] as const;

export function CloserTools({ drawing, onDraw }: Props) {
  const wish = useLooks((state) => state.wish);
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
        <Blocks />
      </div>
      <DrawingTools drawing={drawing} onDraw={onDraw} />
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
      <FileButton accept="image/*" onChange={(file) => file && openPhoto(file)}>
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

function Blocks() {
  const wanted = useLooks((state) => state.wish.block);
  const blocks = useLooks((state) => state.result?.blocks ?? null);
  if (blocks === null || blocks === 1) return null;
  const block = Math.min(wanted ?? blocks - 1, blocks - 1);
  return (
    <span className={pictures.tool}>
      Block
      <Slider
        w={Math.min(180, 40 + 16 * blocks)}
        size="sm"
        min={1}
        max={blocks}
        step={1}
        value={block + 1}
        onChange={(value) => wishFor({ block: value - 1 })}
        label={null}
        thumbLabel="Block"
      />
      <span className={classes.block}>
        {block + 1} of {blocks}
      </span>
    </span>
  );
}

function DrawingTools({ drawing, onDraw }: Props) {
  const overlay = useView((state) => state.overlay);
  const colored = useLooks((state) => state.wish.show === 'colors');
  const masked = drawing.masked && !colored;
  return (
    <div className={pictures.toolbar}>
      {!colored && (
        <SegmentedControl
          size="xs"
          aria-label="How to draw maps"
          value={masked ? 'mask' : 'map'}
          onChange={(value) => onDraw({ masked: value === 'mask' })}
          data={[
            { value: 'map', label: 'Map' },
            { value: 'mask', label: 'Mask' },
          ]}
        />
      )}
      <Share
        name={masked ? 'Darken' : 'Opacity'}
        value={overlay.opacity}
        min={0}
        onChange={(opacity) => setOverlay({ opacity })}
      />
      {masked && (
        <Share name="Top mass" value={overlay.mass} min={0.05} onChange={(mass) => setOverlay({ mass })} />
      )}
      {!masked && !colored && (
        <SegmentedControl
          size="xs"
          aria-label="Color map"
          value={drawing.colormap}
          onChange={(colormap) => onDraw({ colormap })}
          data={[...COLORMAPS]}
        />
      )}
      {!masked && !colored && (
        <Switch
          size="xs"
          label="From zero"
          checked={drawing.fromZero}
          onChange={({ currentTarget }) => onDraw({ fromZero: currentTarget.checked })}
        />
      )}
      {!masked && !colored && (
        <Switch
          size="xs"
          label="Smooth"
          checked={overlay.smooth}
          onChange={({ currentTarget }) => setOverlay({ smooth: currentTarget.checked })}
        />
      )}
    </div>
  );
}
