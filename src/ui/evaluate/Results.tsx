/** Every score so far, of this run and of those before it, and the files of them. */
import { Button, Table } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { saveStudies } from '../../state/actions.ts';
import { studyTitles } from '../../state/study-titles.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useRuns, useStudies } from '../use-stores.ts';
import classes from './evaluate.module.css';
import { figure } from './ScoreTable.tsx';

export function Results() {
  const done = useStudies((state) => state.done);
  const runs = useRuns((state) => state.runs);
  // A run that was removed has only its number left.
  const nameOf = (run: number) => runs.find(({ id }) => id === run)?.name ?? `run ${run}`;
  const rows = done
    .toReversed()
    .flatMap(({ id, run, result }) =>
      result.scores.map((score) => ({ key: `${id} ${score.method}`, run, result, score })),
    );
  return (
    <PanelFrame
      title="All results"
      about="Every score of this visit, newest first, so that later steps and other settings can be held against earlier ones. The files hold the intervals too; the JSON also what each study found, and the settings of the present run."
      source="Intervals: 95 % of a share of n images, Wilson 1927."
    >
      {rows.length === 0 ? (
        <p className={panel.quiet}>
          What the studies find is gathered here and can be saved as CSV and JSON.
        </p>
      ) : (
        <>
          <div className={classes.controls}>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconDownload size={14} aria-hidden="true" />}
              onClick={() => saveStudies('csv')}
            >
              Save as CSV
            </Button>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<IconDownload size={14} aria-hidden="true" />}
              onClick={() => saveStudies('json')}
            >
              Save as JSON
            </Button>
          </div>
          <Table.ScrollContainer minWidth={420} maxHeight={360} type="native">
            <Table
              className={classes.scores}
              stickyHeader
              verticalSpacing={4}
              horizontalSpacing={8}
              aria-label="All results"
            >
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Run</Table.Th>
                  <Table.Th className={classes.number}>Step</Table.Th>
                  <Table.Th>Study</Table.Th>
                  <Table.Th>Measure</Table.Th>
                  <Table.Th className={classes.number}>Network</Table.Th>
                  <Table.Th className={classes.number}>Untrained</Table.Th>
                  <Table.Th className={classes.number}>Raw pixels</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map(({ key, run, result, score }) => (
                  <Table.Tr key={key}>
                    <Table.Td>{nameOf(run)}</Table.Td>
                    <Table.Td className={classes.number}>{formatCount(result.step)}</Table.Td>
                    <Table.Td>
                      {studyTitles[result.study.kind]}
                      {result.study.network === 'student' && ', student'}
                    </Table.Td>
                    <Table.Td className={classes.method}>{score.method}</Table.Td>
                    <Table.Td className={classes.number}>
                      <strong>{figure(score, score.network)}</strong>
                    </Table.Td>
                    <Table.Td className={classes.number}>{figure(score, score.untrained)}</Table.Td>
                    <Table.Td className={classes.number}>{figure(score, score.pixels)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </>
      )}
    </PanelFrame>
  );
}
