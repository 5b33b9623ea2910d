/** Phase 5: every pair's loss, and the two answers of one of them. */
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { meanOf, studentRow, teacherRow, viewTag } from './answers.ts';
import { PairBars } from './PairBars.tsx';
import { type Pair, PairMatrix } from './PairMatrix.tsx';
import classes from './picture.module.css';
import type { PictureProps } from './pictures.ts';

export function LossPicture({ anatomy, room }: PictureProps) {
  const [whole, setWhole] = useState(false);
  const [chosen, setChosen] = useState<Pair>({ teacher: 0, student: 1 });
  const { specimen, views, ids } = anatomy;
  const pairs = whole ? anatomy.pairs : specimen.pairs;
  const count = 2 * (views - 1);
  const across = Math.floor((room.width - 20) / (views + 1)) - 14;
  const side = Math.max(24, Math.min(76, across, Math.floor((room.height - 200) / 3)));
  const height = Math.max(90, room.height - 3 * Math.max(side + 10, 52) - 90);
  return (
    <div className={classes.stack} style={{ gap: 10 }}>
      <div className={classes.line}>
        <SegmentedControl
          size="sm"
          aria-label="Of which images"
          value={whole ? 'batch' : 'image'}
          onChange={(value) => setWhole(value === 'batch')}
          data={[
            { value: 'image', label: 'This image' },
            { value: 'batch', label: `Mean of all ${ids.length}` },
          ]}
        />
        <p className={classes.caption}>
          Mean of {count} pairs: <strong data-testid="pair-mean">{meanOf(pairs).toFixed(3)}</strong>
        </p>
      </div>
      <PairMatrix views={specimen.views} pairs={pairs} chosen={chosen} onChoose={setChosen} side={side} />
      <PairBars
        teacher={teacherRow(anatomy, chosen.teacher).answer}
        student={studentRow(anatomy, chosen.student).answer}
        width={Math.floor(room.width)}
        height={height}
        tags={[viewTag(specimen.views, chosen.teacher), viewTag(specimen.views, chosen.student)]}
      />
    </div>
  );
}
