/** The attention panel's controls. */
import { SegmentedControl, Slider, Switch } from '@mantine/core';
import { COLORMAPS, type ColormapName } from '../../core/colormap.ts';
import { pin, togglePin } from '../../state/actions.ts';
import { setOverlay } from '../../state/view.ts';
import { useView } from '../use-stores.ts';
import { ImagePicker } from './ImagePicker.tsx';
import classes from './pictures.module.css';

export interface Look {
  colormap: ColormapName;
  /** One scale for all maps, or each map to its own largest. */
  shared: boolean;
  /** The line around the true object. */
  object: boolean;
}

interface Props {
  look: Look;
  onLook: (change: Partial<Look>) => void;
  hasObjects: boolean;
  /** The maps are those of a ResNet. */
  activation: boolean;
}

const MODES = [
  { value: 'heads', label: 'Every head' },
  { value: 'mean', label: 'Mean' },
  { value: 'mask', label: 'Mask' },
] as const;
const ACTIVATION_MODES = [
  { value: 'heads', label: 'Every map' },
  { value: 'mean', label: 'All channels' },
  { value: 'mask', label: 'Mask' },
] as const;
const NETWORKS = [
  { value: 'teacher', label: 'Teacher' },
  { value: 'student', label: 'Student' },
  { value: 'both', label: 'Both' },
] as const;

export function AttentionTools({ look, onLook, hasObjects, activation }: Props) {
  const overlay = useView((state) => state.overlay);
  const pinned = useView((state) => state.pinned);
  const masked = overlay.mode === 'mask';
  return (
    <>
      <div className={classes.toolbar}>
        <SegmentedControl
          size="xs"
          aria-label="Which maps"
          value={overlay.mode}
          onChange={(mode) => setOverlay({ mode })}
          data={[...(activation ? ACTIVATION_MODES : MODES)]}
        />
        <SegmentedControl
          size="xs"
          aria-label="Which network"
          value={overlay.network}
          onChange={(network) => setOverlay({ network })}
          data={[...NETWORKS]}
        />
        <ImagePicker
          label={`Pinned: ${pinned.length}`}
          title="Pin images"
          chosen={pinned}
          onChoose={togglePin}
          onClear={() => pin([])}
        />
      </div>
      <div className={classes.toolbar}>
        <Share
          name={masked ? 'Darken' : 'Opacity'}
          value={overlay.opacity}
          min={0}
          onChange={(opacity) => setOverlay({ opacity })}
        />
        {masked ? (
          <Share name="Top mass" value={overlay.mass} min={0.05} onChange={(mass) => setOverlay({ mass })} />
        ) : (
          <>
            <SegmentedControl
              size="xs"
              aria-label="Color map"
              value={look.colormap}
              onChange={(colormap) => onLook({ colormap })}
              data={[...COLORMAPS]}
            />
            <Switch
              size="xs"
              label="Shared scale"
              checked={look.shared}
              onChange={({ currentTarget }) => onLook({ shared: currentTarget.checked })}
            />
            <Switch
              size="xs"
              label="Smooth"
              checked={overlay.smooth}
              onChange={({ currentTarget }) => setOverlay({ smooth: currentTarget.checked })}
            />
          </>
        )}
        {hasObjects && (
          <Switch
            size="xs"
            label="Object outline"
            checked={look.object}
            onChange={({ currentTarget }) => onLook({ object: currentTarget.checked })}
          />
        )}
      </div>
    </>
  );
}

interface ShareProps {
  name: string;
  value: number;
  min: number;
  onChange: (value: number) => void;
}

export function Share({ name, value, min, onChange }: ShareProps) {
  const percent = `${Math.round(value * 100)} %`;
  return (
    <span className={classes.tool}>
      {name}
      <Slider
        w={100}
        size="sm"
        min={min}
        max={1}
        step={0.05}
        value={value}
        onChange={onChange}
        label={null}
        thumbLabel={name}
        thumbValueText={percent}
      />
      <span style={{ width: 42 }}>{percent}</span>
    </span>
  );
}
