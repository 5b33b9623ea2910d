/** The card of near-duplicates. */
import { NumberInput } from '@mantine/core';
import type { FindingOf } from '../../protocol/studies.ts';
import { chooseForStudies } from '../../state/studies.ts';
import panel from '../panels/panels.module.css';
import { useDataset, useStudies } from '../use-stores.ts';
import classes from './evaluate.module.css';
import { ImageGroups } from './ImageGroups.tsx';
import { StudyCard } from './StudyCard.tsx';

export function DuplicateStudy() {
  return (
    <StudyCard
      kind="duplicates"
      about="Every image is compared with every other; those whose features point almost the same way are gathered into groups: copies, crops, neighbouring frames of a film. A pair with one image in training and the other in validation makes scores look better than they are. What counts as the same is for the network to say: an untrained or collapsed one finds far too much alike, so begin with a high threshold."
      source="Cosine similarity of CLS features; groups are what hangs together by pairs above the threshold."
      needsLabels={false}
      empty="Groups of images that are nearly the same appear here. No labels are needed."
      options={<Threshold />}
    >
      {({ finding }) => <Groups groups={finding.groups} />}
    </StudyCard>
  );
}

function Threshold() {
  const threshold = useStudies((state) => state.choices.threshold);
  return (
    <NumberInput
      size="xs"
      w={150}
      aria-label="Cosine from which images count as the same"
      prefix="cosine ≥ "
      min={0.5}
      max={1}
      step={0.005}
      decimalScale={4}
      clampBehavior="blur"
      value={threshold}
      onChange={(value) => {
        if (typeof value === 'number' && value >= 0.5 && value <= 1) chooseForStudies({ threshold: value });
      }}
    />
  );
}

function Groups({ groups }: Pick<FindingOf<'duplicates'>, 'groups'>) {
  const train = useDataset(({ summary }) => summary?.train ?? 0);
  if (groups.length === 0) return <p className={panel.quiet}>No two images are as alike as that.</p>;
  return (
    <ImageGroups
      name="group"
      groups={groups.map(({ ids, similarity }) => ({
        ids,
        about: (
          <>
            {' '}
            · up to {similarity.toFixed(4)}
            {spansSplits(ids, train) && <span className={classes.leak}>both splits</span>}
          </>
        ),
      }))}
    />
  );
}

/** Training images have the lower ids. */
function spansSplits(ids: readonly number[], train: number): boolean {
  return ids.some((id) => id < train) && ids.some((id) => id >= train);
}
