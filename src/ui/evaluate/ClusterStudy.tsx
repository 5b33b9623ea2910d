/** The card of clusters: which images the network puts together by itself. */
import { Button, NumberInput } from '@mantine/core';
import { useState } from 'react';
import type { FindingOf } from '../../protocol/studies.ts';
import { chooseForStudies } from '../../state/studies.ts';
import { plural } from '../../state/words.ts';
import { Thumbnail } from '../panels/Thumbnail.tsx';
import { useDataset, useStudies } from '../use-stores.ts';
import classes from './evaluate.module.css';
import { ImageSheet } from './ImageSheet.tsx';
import { StudyCard } from './StudyCard.tsx';

/** Images shown of a cluster before all of them are asked for. */
const FIRST = 7;

export function ClusterStudy() {
  return (
    <StudyCard
      kind="clusters"
      about="k-means divides the training images into groups of like features, without any label; the images nearest to each center come first. Where there are labels, purity is the share of images that belong to the commonest class of their cluster, and normalised mutual information says how much cluster and class tell of each other, 0 for nothing and 1 for everything. More clusters make purity rise by themselves: compare at the same number."
      source="k-means++ (Arthur and Vassilvitskii 2007), Lloyd's iterations, the best of ten starts, on features of unit length; NMI with the arithmetic mean, as in scikit-learn."
      needsLabels={false}
      empty="The groups appear here as pictures. No labels are needed."
      options={<Count />}
    >
      {({ finding }) => <Clusters clusters={finding.clusters} />}
    </StudyCard>
  );
}

function Count() {
  const clusters = useStudies((state) => state.choices.clusters);
  const known = useDataset(({ summary }) => summary?.classes.length ?? 0);
  return (
    <NumberInput
      size="xs"
      w={120}
      aria-label="Number of clusters"
      suffix=" clusters"
      min={2}
      max={200}
      clampBehavior="blur"
      value={clusters ?? (known > 1 ? known : 10)}
      onChange={(value) => {
        if (typeof value === 'number' && value >= 2 && value <= 200)
          chooseForStudies({ clusters: Math.round(value) });
      }}
    />
  );
}

function Clusters({ clusters }: Pick<FindingOf<'clusters'>, 'clusters'>) {
  const [open, setOpen] = useState<number | null>(null);
  const opened = open === null ? undefined : clusters[open];
  return (
    <>
      <ol className={classes.groups}>
        {clusters.map(({ ids, label, share }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a cluster is its place in the result
          <li key={i}>
            <p className={classes.groupHead}>
              <b>{plural(ids.length, 'image')}</b>
              {label !== null && share !== null && ` · ${Math.round(100 * share)} % ${label}`}
              <Button
                variant="subtle"
                size="compact-xs"
                aria-label={`All images of cluster ${i + 1}`}
                onClick={() => setOpen(i)}
              >
                All
              </Button>
            </p>
            <div className={classes.strip}>
              {ids.slice(0, FIRST).map((id) => (
                <Thumbnail key={id} id={id} side={44} />
              ))}
            </div>
          </li>
        ))}
      </ol>
      {opened && (
        <ImageSheet
          title={`Cluster ${(open ?? 0) + 1}: ${plural(opened.ids.length, 'image')}`}
          ids={opened.ids}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}
