/** The images of the run: where they come from, how reading goes, what there is, what was left out, what to expect. */
import { Button, Collapse, Progress, UnstyledButton } from '@mantine/core';
import { useClipboard, useDisclosure } from '@mantine/hooks';
import { useMemo } from 'react';
import { fieldOf } from '../../config/fields.ts';
import type { DatasetSummary, IntakeProgress } from '../../protocol/values.ts';
import { dataKeyOf, reload } from '../../state/actions.ts';
import { expectations } from '../../state/expectations.ts';
import { cancelLoad } from '../../state/gathering.ts';
import { secondsAStep } from '../../state/prospect.ts';
import { statusText } from '../../state/status-text.ts';
import { bytesWords, countWords, durationWords, plural, rateWords } from '../../state/words.ts';
import { Sources } from '../images/Sources.tsx';
import { Thumbnails } from '../images/Thumbnails.tsx';
import { useDataset, useSession, useSettings } from '../use-stores.ts';
import { FieldRow } from './FieldRow.tsx';

export function Images() {
  const summary = useDataset((s) => s.summary);
  const progress = useDataset((s) => s.progress);
  return (
    <section className="section" aria-labelledby="images-title">
      <h2 className="sectionTitle" id="images-title">
        Images
        {summary && <small>{summary.name}</small>}
      </h2>
      <Sources />
      <div className="intake">
        {progress ? <Intake progress={progress} /> : summary && <Counts summary={summary} />}
      </div>
      {summary ? (
        <>
          <Thumbnails summary={summary} />
          <Classes summary={summary} />
          <Skipped skipped={summary.skipped} />
          <LabelSource />
          <Expectations summary={summary} />
        </>
      ) : (
        <p className="quiet">The images will appear here with their classes, as soon as there are some.</p>
      )}
    </section>
  );
}

function Intake({ progress }: { progress: IntakeProgress }) {
  const { done, total, perSecond, secondsLeft } = progress;
  const text = statusText({
    opened: true,
    status: null,
    activity: null,
    progress,
    fault: null,
    knn: null,
    evaluating: null,
    images: 0,
  });
  return (
    <>
      <div className="intakeLine">
        <span>{text}</span>
        <Button size="compact-xs" variant="default" onClick={cancelLoad}>
          Cancel
        </Button>
      </div>
      <Progress
        value={total > 0 ? (100 * done) / total : 100}
        animated={total === 0}
        size="sm"
        my={6}
        aria-label="Reading images"
      />
      <p className="quiet">
        {perSecond > 0 ? `${rateWords(perSecond)} a second` : 'Starting'}
        {secondsLeft !== null && secondsLeft > 0 && `, ${durationWords(secondsLeft)} left`}
      </p>
    </>
  );
}

function Counts({ summary }: { summary: DatasetSummary }) {
  const { train, val, bytes, budgetBytes, workingSide, split } = summary;
  return (
    <>
      <p className="counts">
        <b>{countWords(train)}</b> to train on, <b>{countWords(val)}</b> to check
      </p>
      <p className="quiet">
        {sentence(split)} Kept at up to {workingSide} px in {bytesWords(bytes)} of {bytesWords(budgetBytes)}.
      </p>
      <Progress
        value={Math.min(100, (100 * bytes) / Math.max(1, budgetBytes))}
        size={3}
        mt={6}
        color={bytes > 0.9 * budgetBytes ? 'orange' : 'fern'}
        aria-label="Memory used of the budget"
      />
    </>
  );
}

/** Classes shown before the rest folds away. */
const FIRST_CLASSES = 12;

function Classes({ summary: { classes, classCounts } }: { summary: DatasetSummary }) {
  const [opened, { toggle }] = useDisclosure(false);
  if (classes.length === 0) return <p className="quiet spaced">No labels.</p>;
  const shown = opened ? classes : classes.slice(0, FIRST_CLASSES);
  return (
    <div className="spaced">
      <p className="quiet">{plural(classes.length, 'class', 'classes')}, used to check and never to train</p>
      <ul className="classes">
        {shown.map((name, i) => (
          <li
            key={name}
            title={`${name}: ${classCounts[i]?.train ?? 0} to train on, ${classCounts[i]?.val ?? 0} to check`}
          >
            {name} <small>{countWords((classCounts[i]?.train ?? 0) + (classCounts[i]?.val ?? 0))}</small>
          </li>
        ))}
        {classes.length > FIRST_CLASSES && (
          <li>
            <UnstyledButton className="link" aria-expanded={opened} onClick={toggle}>
              {opened ? 'fewer' : `${countWords(classes.length - FIRST_CLASSES)} more`}
            </UnstyledButton>
          </li>
        )}
      </ul>
    </div>
  );
}

/** Skipped files listed on the page; the copied list holds all of them. */
const LISTED = 200;

function Skipped({ skipped }: { skipped: DatasetSummary['skipped'] }) {
  const [opened, { toggle }] = useDisclosure(false);
  const { copy, copied } = useClipboard({ timeout: 2500 });
  if (skipped.length === 0) return null;
  return (
    <div className="skipped">
      <div className="intakeLine">
        <UnstyledButton className="link" aria-expanded={opened} aria-controls="skipped-list" onClick={toggle}>
          {plural(skipped.length, 'file')} skipped
        </UnstyledButton>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => copy(skipped.map(({ path, reason }) => `${path}\t${reason}`).join('\n'))}
        >
          {copied ? 'Copied' : 'Copy list'}
        </Button>
      </div>
      <Collapse expanded={opened} transitionDuration={0}>
        <ul id="skipped-list">
          {skipped.slice(0, LISTED).map(({ path, reason }) => (
            <li key={path}>
              <code>{path}</code>
              <span className="quiet">{reason}</span>
            </li>
          ))}
          {skipped.length > LISTED && (
            <li className="quiet">and {countWords(skipped.length - LISTED)} more in the copied list</li>
          )}
        </ul>
      </Collapse>
    </div>
  );
}

const labels = fieldOf('data', 'labels');
const patternFields = [fieldOf('data', 'labelSeparator'), fieldOf('data', 'labelField')];
const folderFields = [fieldOf('data', 'validation')];

/** Where labels come from: for images of one's own, as the samples know theirs. */
function LabelSource() {
  const source = useSettings((s) => s.config.data.source);
  const kind = useSettings((s) => s.config.data.labels);
  const origin = useDataset((s) => s.origin);
  const stale = useSettings((s) => origin !== null && origin.key !== dataKeyOf(s.config));
  const more = kind === 'pattern' ? patternFields : folderFields;
  return (
    <>
      {source === 'own' && labels && (
        <div className="spaced">
          <FieldRow field={labels} />
          {more.map((field) => field && <FieldRow key={field.key} field={field} />)}
        </div>
      )}
      {stale && (
        <div className="intakeLine spaced">
          <span className="quiet">The images were read under other settings.</span>
          <Button size="compact-xs" onClick={reload}>
            {source === 'own' ? 'Read again' : 'Make again'}
          </Button>
        </div>
      )}
    </>
  );
}

function Expectations({ summary }: { summary: DatasetSummary }) {
  const batchSize = useSettings((s) => s.config.training.batchSize);
  const viewsPerImage = useSettings((s) => 2 + s.config.views.localCount);
  const totalSteps = useSession((s) => s.status?.totalSteps ?? 0);
  // Two figures are enough for an estimate, and keep it from flickering.
  const trained = useSession((s) => Number((s.status?.imagesPerSecond ?? 0).toPrecision(1)));
  const config = useSettings((s) => s.config);
  const speed = useSession((s) => s.speed);
  const rate = trained > 0 || !speed ? trained : batchSize / secondsAStep(speed, config);
  const sentences = useMemo(
    () => expectations({ summary, batchSize, viewsPerImage, totalSteps, imagesPerSecond: rate }),
    [summary, batchSize, viewsPerImage, totalSteps, rate],
  );
  return (
    <div className="expect">
      <h3>What a run can show</h3>
      {sentences.map((text) => (
        <p className="quiet" key={text.slice(0, 24)}>
          {text}
        </p>
      ))}
    </div>
  );
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
