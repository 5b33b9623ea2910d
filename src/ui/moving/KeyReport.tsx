/** The keys of a file held against a network: counts first, then every name, so that nothing is passed over. */
import { Table } from '@mantine/core';
import { useState } from 'react';
import type { KeyReport as Report } from '../../protocol/moving.ts';
import { plural } from '../../state/words.ts';
import { formatCount } from '../charts/format.ts';
import classes from './moving.module.css';

const KINDS: readonly { key: keyof Report; label: string; note: string }[] = [
  { key: 'matched', label: 'Matched', note: 'there, of the right shape, all numbers finite' },
  { key: 'missing', label: 'Missing', note: 'the network needs them' },
  { key: 'misshaped', label: 'Of another shape', note: 'there, but not as the network needs them' },
  { key: 'damaged', label: 'Not finite', note: 'with a value that is no finite number' },
  { key: 'unexpected', label: 'Not used', note: 'in the file, and no part of this backbone' },
];

export function KeyReport({ report }: { report: Report }) {
  return (
    <div className={classes.report}>
      <Table aria-label="Keys" verticalSpacing={4}>
        <Table.Tbody>
          {KINDS.map(({ key, label, note }) => (
            <Table.Tr key={key} data-kind={key}>
              <Table.Th scope="row">{label}</Table.Th>
              <Table.Td className={classes.number}>{formatCount(report[key].length)}</Table.Td>
              <Table.Td>{note}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {KINDS.filter(({ key }) => report[key].length > 0).map(({ key, label }) => (
        <Names
          key={key}
          label={`${label}: ${plural(report[key].length, 'name')}`}
          lines={linesOf(report, key)}
        />
      ))}
    </div>
  );
}

/** The list is made when it is opened: there may be thousands. */
function Names({ label, lines }: { label: string; lines: readonly string[] }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={classes.names} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      <ul>{open && lines.map((line) => <li key={line}>{line}</li>)}</ul>
    </details>
  );
}

function linesOf(report: Report, key: keyof Report): string[] {
  if (key !== 'misshaped') return report[key];
  return report.misshaped.map(
    ({ name, wanted, found }) => `${name}: [${found.join(', ')}], and [${wanted.join(', ')}] is needed`,
  );
}
