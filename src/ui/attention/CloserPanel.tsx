/** One picture closer: any block, head and network, of the images or of a photo of any size. */
import { useElementSize } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import type { LookResult } from '../../protocol/looks.ts';
import { startLooking } from '../../state/looking.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useDataset, useLooks, useSession } from '../use-stores.ts';
import { CloserLegend } from './CloserLegend.tsx';
import { CloserTools } from './CloserTools.tsx';
import classes from './closer.module.css';
import { Distances } from './Distances.tsx';
import { type Drawing, FIRST_DRAWING } from './DrawingTools.tsx';
import { HeadTiles } from './HeadTiles.tsx';
import { LargeColors } from './LargeColors.tsx';
import { LargeMap } from './LargeMap.tsx';
import { mapsOf, sizeInWords } from './look-maps.ts';
import { PhotoZone } from './PhotoZone.tsx';

const ABOUT =
  'Attention of any block and head on one picture: how much the CLS token, or a patch that you click, takes from each patch. Early blocks mostly look around themselves, later ones farther and at the content. Rollout follows attention through all blocks below, the residual connections included: what has reached the token from where. PCA colors show the patch tokens themselves: patches of like color mean the like to the network. The untrained network is this run before its first step, so compare with it: a map that it shows too was not learned.';
const SOURCE =
  'Caron et al. 2021, Fig. 1 and §4.2.2; rollout: Abnar & Zuidema 2020, §3; colors after Oquab et al. 2023 (DINOv2), Fig. 1; distances: Dosovitskiy et al. 2021, Fig. 7. On other grids than the trained one the positions are resampled (bicubic), as in the official code.';

export function CloserPanel() {
  useEffect(startLooking, []);
  const result = useLooks((state) => state.result);
  const refusal = useLooks((state) => state.refusal);
  const hasImages = useDataset((state) => state.summary !== null);
  const step = useSession(({ status }) => status?.step ?? 0);
  const [drawing, setDrawing] = useState<Drawing>(FIRST_DRAWING);
  const behind = result ? Math.max(0, step - result.step) : 0;
  return (
    <PhotoZone>
      <PanelFrame
        title="A closer look"
        figure={
          result && (
            <>
              at <strong>step {formatCount(result.step)}</strong>
              {behind > 0 && `, ${formatCount(behind)} ago`}
            </>
          )
        }
        about={ABOUT}
        source={SOURCE}
      >
        <CloserTools
          drawing={drawing}
          onDraw={(change) => setDrawing((before) => ({ ...before, ...change }))}
        />
        {refusal !== null && (
          <p className={classes.refusal} role="alert">
            {refusal}
          </p>
        )}
        {result ? (
          <Look result={result} drawing={drawing} />
        ) : (
          <div className={panel.empty}>
            <strong>
              {hasImages ? (refusal === null ? 'Looking…' : 'Nothing to show') : 'No images yet'}
            </strong>
            {refusal === null && 'The picture with its maps appears here, before the first step too.'}
          </div>
        )}
      </PanelFrame>
    </PhotoZone>
  );
}

/** Below this width the heads stand under the large map. */
const BESIDE = 540;

function Look({ result, drawing }: { result: LookResult; drawing: Drawing }) {
  const { ref, width } = useElementSize();
  const head = useLooks((state) => state.head);
  const busy = useLooks(({ awaited }) => awaited !== null && awaited.look.show !== 'distances');
  const [pointed, setPointed] = useState<number | null>(null);
  const maps = mapsOf(result, head);
  const beside = width >= BESIDE;
  const room = { width: beside ? width * 0.56 : width, height: 480 };
  return (
    <div ref={ref}>
      {width > 0 && (
        <>
          <div className={classes.look} data-beside={beside} aria-busy={busy}>
            {maps ? (
              <LargeMap result={result} maps={maps} drawing={drawing} room={room} onPoint={setPointed} />
            ) : (
              <LargeColors result={result} room={room} />
            )}
            <HeadTiles
              result={result}
              maps={maps}
              drawing={drawing}
              room={{ width: beside ? width * 0.44 - 18 : width, height: 430 }}
            />
          </div>
          <p className={classes.sizes}>{sizeInWords(result)}</p>
          {maps && <CloserLegend result={result} maps={maps} drawing={drawing} pointed={pointed} />}
          <Distances result={result} />
        </>
      )}
    </div>
  );
}
