/** The card of clusters: which images the network puts together by itself. */
import { NumberInput } from '@mantine/core';
import { chooseForStudies } from '../../state/studies.ts';
import { useDataset, useStudies } from '../use-stores.ts';
import { ImageGroups } from './ImageGroups.tsx';
import { StudyCard } from './StudyCard.tsx';

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
      {({ finding }) => (
        <ImageGroups
          name="cluster"
          groups={finding.clusters.map(({ ids, label, share }) => ({
            ids,
            about: label !== null && share !== null && ` · ${Math.round(100 * share)} % ${label}`,
          }))}
        />
      )}
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
