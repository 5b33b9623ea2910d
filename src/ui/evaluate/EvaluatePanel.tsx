/** What the network is worth by every measure: a card a study, and all results so far. */
import { SegmentedControl } from '@mantine/core';
import { chooseForStudies } from '../../state/studies.ts';
import { formatCount } from '../charts/format.ts';
import panel from '../panels/panels.module.css';
import pictures from '../panels/pictures.module.css';
import { useDataset, useSession, useStudies } from '../use-stores.ts';
import { ClusterStudy } from './ClusterStudy.tsx';
import { DuplicateStudy } from './DuplicateStudy.tsx';
import { FeatureStudy } from './FeatureStudy.tsx';
import { FinetuneStudy } from './FinetuneStudy.tsx';
import { KnnStudy } from './KnnStudy.tsx';
import { LinearStudy } from './LinearStudy.tsx';
import { ReportStudy } from './ReportStudy.tsx';
import { Results } from './Results.tsx';

export function EvaluatePanel() {
  return (
    <>
      <Subject />
      <KnnStudy />
      <LinearStudy />
      <FinetuneStudy />
      <ReportStudy />
      <ClusterStudy />
      <DuplicateStudy />
      <FeatureStudy />
      <Results />
    </>
  );
}

/** What all studies look at. */
function Subject() {
  const { network, images } = useStudies((state) => state.choices);
  const summary = useDataset((state) => state.summary);
  const { knnTrain, knnVal } = useSession((state) => state.runConfig?.evaluation) ?? {
    knnTrain: 0,
    knnVal: 0,
  };
  const train = Math.min(knnTrain, summary?.train ?? 0);
  const val = Math.min(knnVal, summary?.val ?? 0);
  const same = summary !== null && train === summary.train && val === summary.val;
  return (
    <>
      <p className={panel.quiet}>
        Each study takes the network as it is when its turn comes, works beside the training, and sets the
        same from the untrained network and from raw pixels beside it: only what is above both has been
        learned.
      </p>
      <div className={pictures.toolbar} style={{ marginTop: 10 }}>
        <SegmentedControl
          size="xs"
          aria-label="Which network is evaluated"
          value={network}
          onChange={(value) => chooseForStudies({ network: value })}
          data={[
            { value: 'teacher', label: 'Teacher' },
            { value: 'student', label: 'Student' },
          ]}
        />
        {summary && !same && (
          <SegmentedControl
            size="xs"
            aria-label="How many images"
            value={images}
            onChange={(value) => chooseForStudies({ images: value })}
            data={[
              { value: 'some', label: `${formatCount(train)} + ${formatCount(val)} images` },
              { value: 'all', label: `all ${formatCount(summary.train)} + ${formatCount(summary.val)}` },
            ]}
          />
        )}
      </div>
    </>
  );
}
