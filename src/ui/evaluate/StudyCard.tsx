/** The frame of a study: what it is, its settings, Run or Cancel with progress, and its last result. */
import { Button } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { FindingOf, StudyKind, StudyResult } from '../../protocol/studies.ts';
import { cancelStudy, startStudy } from '../../state/actions.ts';
import type { ActiveStudy } from '../../state/studies.ts';
import { studyTitles } from '../../state/study-titles.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { Working } from '../panels/Working.tsx';
import { useDataset, useSession, useStudies } from '../use-stores.ts';
import classes from './evaluate.module.css';
import { ScoreTable } from './ScoreTable.tsx';

/** The result of a study of one kind. */
export interface ResultOf<K extends StudyKind> extends StudyResult {
  finding: FindingOf<K>;
}

interface Props<K extends StudyKind> {
  kind: K;
  about: string;
  source: string;
  /** The study scores by classes. */
  needsLabels: boolean;
  /** What will appear, before it does. */
  empty: string;
  /** Settings of this study alone. */
  options?: ReactNode;
  /** What the button says. */
  run?: string;
  /** What is shown of a study under way, in place of the result before it. */
  live?: (study: ActiveStudy) => ReactNode;
  /** What is shown of a result besides its scores. */
  children?: (result: ResultOf<K>) => ReactNode;
}

function isOf<K extends StudyKind>(result: StudyResult, kind: K): result is ResultOf<K> {
  return result.finding.kind === kind;
}

/** The last result of the kind on the present run; earlier ones stand in the table of all results. */
function useResult<K extends StudyKind>(kind: K): ResultOf<K> | null {
  const found = useStudies(({ done, run }) =>
    done.findLast((each) => each.run === run && each.result.study.kind === kind),
  );
  return found && isOf(found.result, kind) ? found.result : null;
}

export function StudyCard<K extends StudyKind>(props: Props<K>) {
  const { kind, about, source, needsLabels, empty, options, run = 'Run', live, children } = props;
  const title = studyTitles[kind];
  const active = useStudies((state) => state.active.find(({ study }) => study.kind === kind));
  const ended = useStudies((state) => state.ended[kind]);
  const result = useResult(kind);
  const unlabelled = useDataset(({ summary }) => summary !== null && summary.classes.length < 2);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const impossible = needsLabels && unlabelled;
  return (
    <PanelFrame
      title={title}
      about={about}
      source={source}
      figure={result && `${result.study.network} at step ${formatCount(result.step)}`}
    >
      <div className={classes.controls}>
        {options}
        {active ? (
          <Working
            text={active.text}
            share={active.share}
            progressName={`${title}: progress`}
            stageId="stage"
            cancel="Cancel"
            cancelName={`Cancel: ${title}`}
            onCancel={() => cancelStudy(active.id)}
          />
        ) : (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlayerPlay size={14} aria-hidden="true" />}
            aria-label={`${run}: ${title}`}
            disabled={impossible || phase === 'empty' || phase === 'fault'}
            onClick={() => startStudy(kind)}
          >
            {result ? `${run} again` : run}
          </Button>
        )}
      </div>
      {ended && !active && (
        <p className={classes.ended} role="status">
          {ended}
        </p>
      )}
      {impossible && (
        <p className={panel.quiet}>
          These images have no classes to be right or wrong about, so this study has nothing to score.
        </p>
      )}
      {active && live ? (
        live(active)
      ) : result ? (
        <>
          <ScoreTable result={result} title={title} />
          {children?.(result)}
          {result.notes.map((note) => (
            <p key={note} className={panel.quiet} style={{ marginTop: 6 }}>
              {note}
            </p>
          ))}
        </>
      ) : (
        !impossible && <p className={panel.quiet}>{empty}</p>
      )}
    </PanelFrame>
  );
}
