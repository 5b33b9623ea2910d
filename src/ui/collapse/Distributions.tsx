/** The loss of one image taken apart: the teacher's answer to a view, and the student's to each other one. */
import { SegmentedControl } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useState } from 'react';
import { entropyOf } from '../../core/distribution.ts';
import type { Anatomy } from '../../protocol/anatomy.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { meanOf, studentRow, teacherRow, viewTag } from '../step/answers.ts';
import { Bars, rangeOf } from '../step/Bars.tsx';
import { NextStep } from '../step/NextStep.tsx';
import { Specimens } from '../step/Specimens.tsx';
import { ViewPicture } from '../step/ViewPicture.tsx';
import { useAnatomy } from '../use-stores.ts';
import classes from './collapse.module.css';

/** CSS pixels. */
const SIDE = 52;
const HEIGHT = 52;
const NUMBERS = 74;

export function Distributions() {
  const anatomy = useAnatomy((state) => state.anatomy);
  const refusal = useAnatomy((state) => state.refusal);
  return (
    <PanelFrame
      title="One image’s answers"
      figure={
        anatomy && (
          <>
            at <strong>step {formatCount(anatomy.step)}</strong>
          </>
        )
      }
      about="What the teacher says of a large view, after centering and sharpening, over all prototypes; below it, what the student says of every other view of the same image, and what that pair adds to the loss. In a uniform collapse all of them are flat, in a one-dimensional one they show the same single bar for every image: choose another image and see whether anything changes. These are the tensors of a real step, taken apart as in “Step by step”."
      source="Caron et al. 2021, eq. 1 and 2; −Σ P_t ln P_s, in nats."
    >
      {refusal !== null && <p className={panel.quiet}>{refusal}</p>}
      {anatomy ? (
        <Answers anatomy={anatomy} />
      ) : (
        <div className={panel.empty} style={{ minHeight: 180 }}>
          <strong>No step was taken apart yet</strong>
          <span>
            The next step’s answers to one image of its batch appear here, pair by pair. A run in progress is
            paused for it.
          </span>
          <div>
            <NextStep emphasised first />
          </div>
        </div>
      )}
    </PanelFrame>
  );
}

function Answers({ anatomy }: { anatomy: Anatomy }) {
  const [seen, setSeen] = useState<0 | 1>(0);
  const { ref, width } = useElementSize();
  const { specimen, views: count } = anatomy;
  const { views, pairs } = specimen;
  const teacher = teacherRow(anatomy, seen);
  const wide = Math.max(60, Math.floor(width - SIDE - NUMBERS - 40));
  const students = views.map((_, view) => studentRow(anatomy, view));
  const range = rangeOf(...students.map(({ answer }) => answer));
  return (
    <div ref={ref} className={classes.answers}>
      <div className={classes.answersHead}>
        <SegmentedControl
          size="xs"
          aria-label="Which of the teacher’s views"
          value={String(seen)}
          onChange={(value) => setSeen(value === '1' ? 1 : 0)}
          data={[
            { value: '0', label: 'Teacher sees G1' },
            { value: '1', label: 'Teacher sees G2' },
          ]}
        />
        <NextStep emphasised={false} />
      </div>
      <Specimens anatomy={anatomy} />
      {width > 0 && (
        <ol className={classes.pairs}>
          <li>
            <ViewPicture views={views} index={seen} side={SIDE} />
            <Bars
              values={teacher.answer}
              width={wide}
              height={HEIGHT}
              {...rangeOf(teacher.answer)}
              color="var(--teacher)"
              label={`The teacher’s answer to ${viewTag(views, seen)}`}
            />
            <p>
              <b>{entropyOf(teacher.answer).toFixed(2)}</b> entropy
            </p>
          </li>
          {students.map(({ answer }, view) => {
            const value = pairs[seen * count + view] ?? null;
            return (
              <li key={viewTag(views, view)} data-left-out={value === null}>
                <ViewPicture views={views} index={view} side={SIDE} />
                <Bars
                  values={answer}
                  width={wide}
                  height={HEIGHT}
                  {...range}
                  color="var(--student)"
                  label={`The student’s answer to ${viewTag(views, view)}`}
                />
                <p>
                  {value === null ? (
                    'left out: the same view'
                  ) : (
                    <>
                      <b>{value.toFixed(2)}</b> loss
                    </>
                  )}
                </p>
              </li>
            );
          })}
        </ol>
      )}
      <p className={panel.quiet}>
        The image’s loss is the mean of its {2 * (count - 1)} pairs, both teacher views together:{' '}
        {meanOf(pairs).toFixed(3)}; the batch’s {anatomy.agreement.loss.run.toFixed(3)}.
      </p>
    </div>
  );
}
