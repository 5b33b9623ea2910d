/** Each augmentation alone on the whole image, off and on. */
import type { Crops } from '../../protocol/values.ts';
import { crispSize } from '../canvas/fit.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import classes from './pictures.module.css';

/** Side of the square that each of the two pictures fits into, CSS pixels. */
const SIDE = 128;

export function AugmentationPairs({ crops }: { crops: Crops }) {
  const ratio = usePixelRatio();
  if (crops.alone.length === 0) return null;
  return (
    <>
      <h3 className={classes.subhead}>
        Each augmentation alone <span>· off and on, the whole image</span>
      </h3>
      <div className={classes.alone}>
        {crops.alone.map(({ name, detail, off, on }) => (
          <figure key={name} className={classes.pair}>
            <div>
              {[
                { state: 'off', pixels: off },
                { state: 'on', pixels: on },
              ].map(({ state, pixels }) => (
                <div key={state} className={classes.tagged}>
                  <PixelCanvas
                    pixels={pixels}
                    size={crispSize(pixels, { width: SIDE, height: SIDE }, ratio)}
                    label={`${name} ${state}`}
                  />
                  <span aria-hidden="true">{state}</span>
                </div>
              ))}
            </div>
            <figcaption>
              {name}
              <span>{detail}</span>
            </figcaption>
          </figure>
        ))}
      </div>
    </>
  );
}
