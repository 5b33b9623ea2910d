/** The scores of a study: the network with its interval, the baselines beside it, and where they lie on a line. */
import { Table } from '@mantine/core';
import type { Score, StudyResult } from '../../protocol/studies.ts';
import { intervalOf } from '../../state/studies-file.ts';
import { formatCount } from '../charts/format.ts';
import classes from './evaluate.module.css';

const NETWORKS = { teacher: 'Teacher', student: 'Student' } as const;

export function ScoreTable({ result, title }: { result: StudyResult; title: string }) {
  const { scores, study, classes: count } = result;
  if (scores.length === 0) return null;
  const shares = scores.some(({ unit }) => unit === 'percent');
  return (
    <Table.ScrollContainer minWidth={420} type="native">
      <Table
        className={classes.scores}
        verticalSpacing={4}
        horizontalSpacing={8}
        aria-label={`${title}: scores`}
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Measure</Table.Th>
            <Table.Th className={classes.number}>{NETWORKS[study.network]}</Table.Th>
            {shares && <Table.Th className={classes.number}>95 % interval</Table.Th>}
            <Table.Th className={classes.number}>
              <i className={classes.swatch} style={{ background: 'var(--student)' }} />
              Untrained
            </Table.Th>
            <Table.Th className={classes.number}>
              <i className={classes.swatch} style={{ background: 'var(--teacher)' }} />
              Raw pixels
            </Table.Th>
            <Table.Th className={classes.line} aria-hidden="true" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {scores.map((score) => (
            <Row key={score.method} score={score} shares={shares} classes={count} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Row({ score, shares, classes: count }: { score: Score; shares: boolean; classes: number }) {
  const { method, network, untrained, pixels, n } = score;
  const interval = intervalOf(score, network);
  return (
    <Table.Tr>
      <Table.Th scope="row" className={classes.method} title={`of ${formatCount(n)} images`}>
        {method}
      </Table.Th>
      <Table.Td className={classes.number}>
        <strong>{figure(score, network)}</strong>
      </Table.Td>
      {shares && (
        <Table.Td className={classes.number}>
          {interval ? `${interval.low.toFixed(1)} – ${interval.high.toFixed(1)}` : ''}
        </Table.Td>
      )}
      <Table.Td className={classes.number}>{figure(score, untrained)}</Table.Td>
      <Table.Td className={classes.number}>{figure(score, pixels)}</Table.Td>
      <Table.Td className={classes.line} aria-hidden="true">
        <Line score={score} chance={count > 1 ? 100 / count : null} />
      </Table.Td>
    </Table.Tr>
  );
}

export function figure({ unit }: Score, value: number): string {
  if (!Number.isFinite(value)) return '–';
  return unit === 'percent' ? `${value.toFixed(1)} %` : value.toFixed(3);
}

/** The scores on a line from nothing to everything: a dot with its interval, a mark for each baseline. */
function Line({ score, chance }: { score: Score; chance: number | null }) {
  const { unit, network, untrained, pixels } = score;
  const whole = unit === 'percent' ? 100 : 1;
  const at = (value: number) => `${Math.min(100, Math.max(0, (100 * value) / whole))}%`;
  const interval = intervalOf(score, network);
  return (
    <div className={classes.scale}>
      {unit === 'percent' && chance !== null && <i data-mark="chance" style={{ left: at(chance) }} />}
      {interval && (
        <i
          data-mark="interval"
          style={{ left: at(interval.low), width: `${interval.high - interval.low}%` }}
        />
      )}
      <i data-mark="untrained" style={{ left: at(untrained) }} />
      <i data-mark="pixels" style={{ left: at(pixels) }} />
      <i data-mark="network" style={{ left: at(network) }} />
    </div>
  );
}
