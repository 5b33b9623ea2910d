/** Phases 2 to 4: what both networks answer, as bars over the prototypes. */
import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { largest } from '../../core/distribution.ts';
import { formatValue } from '../charts/format.ts';
import { studentRow, teacherRow, viewTag } from './answers.ts';
import { Bars, rangeOf } from './Bars.tsx';
import classes from './picture.module.css';
import { NEUTRAL, type PictureProps, STUDENT, TEACHER } from './pictures.ts';
import { ViewPicture } from './ViewPicture.tsx';

/** Above bars whose largest are numbered. */
const LABEL = 26;
const GAP = 14;
const percent = (share: number) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

export function TeacherPicture({ anatomy, room }: PictureProps) {
  const rows = [teacherRow(anatomy, 0), teacherRow(anatomy, 1)];
  const range = rangeOf(...rows.map(({ scores }) => scores));
  const height = Math.floor((room.height - 2 * LABEL - GAP) / 2);
  const side = Math.min(height, Math.floor(room.width * 0.25));
  const { views } = anatomy.specimen;
  return (
    <div className={classes.stack} style={{ gap: GAP }}>
      {rows.map(({ scores }, view) => (
        <div key={viewTag(views, view)} className={classes.beside}>
          <ViewPicture views={views} index={view} side={side} />
          <div>
            <p className={classes.caption}>
              Scores of {viewTag(views, view)}, from {formatValue(least(scores))} to{' '}
              {formatValue(most(scores))}
            </p>
            <Bars
              values={scores}
              width={Math.floor(room.width - side - 26)}
              height={height}
              {...range}
              color={TEACHER}
              label={`The teacher’s ${scores.length} scores of view ${viewTag(views, view)}`}
            />
          </div>
        </div>
      ))}
    </div>
  );
}

const least = (values: Float32Array) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const most = (values: Float32Array) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);

export function SharpenPicture({ anatomy, room }: PictureProps) {
  const [view, setView] = useState<0 | 1>(0);
  const { scores, centered, flat, answer, flatEntropy, entropy } = teacherRow(anatomy, view);
  const { views } = anatomy.specimen;
  const range = rangeOf(scores, centered);
  const flatRange = rangeOf(flat);
  const answerRange = rangeOf(answer);
  const side = Math.floor(Math.min(110, room.width * 0.16));
  const width = Math.floor(room.width - side - 24);
  const height = Math.floor((room.height - 4 * LABEL - 3 * 8) / 4);
  const top = largest(answer, 3);
  const tau = formatValue(anatomy.at.teacherTemp);
  return (
    <div className={classes.beside}>
      <div className={classes.stack} style={{ gap: 10 }}>
        <ViewPicture views={views} index={view} side={side} />
        <SegmentedControl
          size="sm"
          orientation="vertical"
          aria-label="Which of the teacher’s views"
          value={String(view)}
          onChange={(value) => setView(value === '1' ? 1 : 0)}
          data={[
            { value: '0', label: 'G1' },
            { value: '1', label: 'G2' },
          ]}
        />
      </div>
      <div className={classes.stack} style={{ gap: 8 }}>
        <div>
          <p className={classes.caption}>1 · Scores as they are</p>
          <Bars
            values={scores}
            {...{ width, height }}
            {...range}
            color={NEUTRAL}
            label="Scores as they are"
          />
        </div>
        <div>
          <p className={classes.caption}>
            2 · {anatomy.at.centering ? 'Without the center' : 'Centering is off: the same'}
          </p>
          <Bars
            values={centered}
            {...{ width, height }}
            {...range}
            color={TEACHER}
            opacity={0.65}
            label="Scores without the center"
          />
        </div>
        <div>
          <p className={classes.caption}>
            3 · As probabilities, not sharpened: entropy {flatEntropy.toFixed(2)} of at most{' '}
            {Math.log(anatomy.prototypes).toFixed(2)}
          </p>
          <Bars
            values={flat}
            {...{ width, height }}
            {...flatRange}
            color={TEACHER}
            opacity={0.65}
            label="Probabilities at temperature 1"
          />
        </div>
        <div>
          <p className={classes.caption}>
            4 · Sharpened, ÷ {tau}: entropy <strong>{entropy.toFixed(2)}</strong>, prototype {top[0]} has{' '}
            <strong>{percent(answer[top[0] ?? 0] ?? 0)}</strong>
          </p>
          <Bars
            values={answer}
            {...{ width, height }}
            {...answerRange}
            color={TEACHER}
            label={`Probabilities at temperature ${tau}; the largest are prototypes ${top.join(', ')}`}
          />
        </div>
      </div>
    </div>
  );
}

export function StudentPicture({ anatomy, room }: PictureProps) {
  const { views } = anatomy.specimen;
  const rows = views.map((_, view) => studentRow(anatomy, view));
  const range = rangeOf(...rows.map(({ answer }) => answer));
  const columns = views.length > 4 ? 2 : 1;
  const lines = Math.ceil(views.length / columns);
  const cell = {
    width: (room.width - (columns - 1) * 18) / columns,
    height: (room.height - (lines - 1) * 10) / lines,
  };
  const height = Math.max(30, Math.floor(cell.height - LABEL));
  const side = Math.floor(Math.min(cell.height - FRAME, cell.width * 0.3));
  return (
    <div className={classes.grid} style={{ gridTemplateColumns: `repeat(${columns}, max-content)` }}>
      {rows.map(({ answer, entropy }, view) => {
        const [first = 0] = largest(answer, 1);
        return (
          <div key={viewTag(views, view)} className={classes.beside}>
            <ViewPicture views={views} index={view} side={side} />
            <div>
              <p className={classes.caption}>
                entropy {entropy.toFixed(2)} · top {percent(answer[first] ?? 0)}
              </p>
              <Bars
                values={answer}
                width={Math.floor(cell.width - side - 24)}
                height={height}
                {...range}
                color={STUDENT}
                label={`The student’s answer to view ${viewTag(views, view)}`}
              />
            </div>
          </div>
        );
      })}
    </div>
  );
}

const FRAME = 6;
