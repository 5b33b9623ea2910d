/** Which image and which epoch the crops are of. */
import { NumberInput, Slider } from '@mantine/core';
import { selectEpoch, selectImage } from '../../state/actions.ts';
import { useDataset, useSession, useView } from '../use-stores.ts';
import { ImagePicker } from './ImagePicker.tsx';
import classes from './pictures.module.css';

/** Without a plan of the run, as many epochs can be looked at. */
const EPOCHS_UNPLANNED = 100;

export function CropSliders() {
  const images = useDataset(({ summary }) => (summary ? summary.train + summary.val : 0));
  const epochs = useSession(({ status }) =>
    status && status.stepsPerEpoch > 0
      ? Math.max(1, Math.ceil(status.totalSteps / status.stepsPerEpoch))
      : EPOCHS_UNPLANNED,
  );
  const image = useView((state) => state.selectedImage);
  const epoch = useView((state) => state.selectedEpoch);
  return (
    <div className={classes.sliders}>
      <Choice name="Image" value={image} count={images} onChange={selectImage} />
      <ImagePicker label="Choose…" title="Choose an image" chosen={[image]} onChoose={selectImage} />
      <Choice name="Epoch" value={epoch} count={epochs} onChange={selectEpoch} />
      <span />
    </div>
  );
}

interface ChoiceProps {
  name: string;
  value: number;
  /** Values run from 0 to count − 1. */
  count: number;
  onChange: (value: number) => void;
}

function Choice({ name, value, count, onChange }: ChoiceProps) {
  const max = Math.max(0, count - 1);
  return (
    <>
      <span>{name}</span>
      <Slider
        size="sm"
        min={0}
        max={max}
        step={1}
        value={Math.min(value, max)}
        onChange={onChange}
        disabled={max === 0}
        label={null}
        thumbLabel={name}
      />
      <NumberInput
        size="xs"
        aria-label={`${name}, from 0 to ${max}`}
        min={0}
        max={max}
        clampBehavior="strict"
        allowDecimal={false}
        allowNegative={false}
        value={Math.min(value, max)}
        onChange={(next) => {
          if (typeof next === 'number') onChange(next);
        }}
      />
    </>
  );
}
