/** What the student gets: an image, the boxes cut from it in an epoch, and the views made of them. */
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import type { Crops } from '../../protocol/values.ts';
import type { MarkedBox } from '../canvas/boxes.ts';
import { useDataset, useView } from '../use-stores.ts';
import { AugmentationPairs } from './AugmentationPairs.tsx';
import { CropSliders } from './CropSliders.tsx';
import { BoxedOriginal, DrawInWords, ViewGrid } from './CropViews.tsx';
import { PanelFrame } from './PanelFrame.tsx';
import panel from './panels.module.css';
import classes from './pictures.module.css';
import { useCard } from './Thumbnail.tsx';

export function CropsPanel() {
  const crops = useView((state) => state.crops);
  const hasImages = useDataset((state) => state.summary !== null);
  return (
    <PanelFrame
      title="Crops"
      about="Each step, every image is cut into two large crops (global views) and several small ones (local views), each augmented by its own draw. The student sees all of them, the teacher the global ones alone, and the student must answer for a small piece as the teacher does for a large one. What you see are the very pixels of this image and epoch: draws depend on seed, epoch, image and view alone."
      source="Caron et al. 2020 (SwAV), §3.2 (multi-crop); Caron et al. 2021, §3.1; augmentations of Grill et al. 2020 (BYOL), App. B."
    >
      {hasImages && <CropSliders />}
      {crops ? (
        <CropPictures crops={crops} />
      ) : (
        <div className={panel.empty}>
          <strong>{hasImages ? 'Cutting the views…' : 'No images yet'}</strong>
          The image with its crops drawn on it appears here, beside the views that the student gets.
        </div>
      )}
    </PanelFrame>
  );
}

/** Room that the original may take: a good half of a narrow panel, less of a wide one. */
function originalBox(panelWidth: number): { width: number; height: number } {
  const width = Math.min(panelWidth * 0.51, 512);
  return { width, height: Math.max(width, 256) };
}

/** Side of a global view: two stand beside the original. */
function viewSide(panelWidth: number): number {
  return Math.min(256, Math.max(128, (panelWidth * 0.49 - 30) / 2));
}

function CropPictures({ crops }: { crops: Crops }) {
  const { ref, width } = useElementSize();
  const [lit, setLit] = useState<number | null>(null);
  const card = useCard(crops.id);
  const boxes: MarkedBox[] = crops.views.map(({ box, kind }, i) => ({ box, kind, tag: tagOf(crops, i) }));
  const name = card
    ? card.label
      ? `${card.label} · ${fileOf(card.path)}`
      : fileOf(card.path)
    : `image ${crops.id}`;
  return (
    <div ref={ref}>
      {width > 0 && (
        <div className={classes.crops}>
          <BoxedOriginal
            crops={crops}
            boxes={boxes}
            lit={lit}
            onLight={setLit}
            room={originalBox(width)}
            name={name}
          />
          <ViewGrid side={viewSide(width)} crops={crops} boxes={boxes} lit={lit} onLight={setLit} />
        </div>
      )}
      <DrawInWords crops={crops} boxes={boxes} index={lit ?? 0} />
      <AugmentationPairs crops={crops} />
    </div>
  );
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** "G1", "L3": numbered within its kind. */
function tagOf({ views }: Crops, index: number): string {
  const kind = views[index]?.kind ?? 'global';
  const number = views.slice(0, index + 1).filter((view) => view.kind === kind).length;
  return `${kind === 'global' ? 'G' : 'L'}${number}`;
}
