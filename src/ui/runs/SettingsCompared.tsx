/** The settings in which the runs that are shown are not all alike. */
import { Table } from '@mantine/core';
import { useMemo } from 'react';
import { comparedSettings } from '../../state/run-text.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useRuns } from '../use-stores.ts';
import { colorOf } from './colors.ts';
import classes from './runs.module.css';

export function SettingsCompared() {
  const runs = useRuns((state) => state.runs);
  const hidden = useRuns((state) => state.hidden);
  const shown = useMemo(() => runs.filter(({ id }) => !hidden.has(id)), [runs, hidden]);
  const rows = useMemo(() => comparedSettings(shown), [shown]);
  return (
    <PanelFrame
      title="What differs"
      about="Every setting in which the runs that are shown are not all alike; what is not listed is the same in all of them. With one difference, the curves tell what it does. With several, or with other seeds, they tell only that something did."
      source="Names and symbols as in the settings: Caron et al. 2021 and the official code."
    >
      {rows.length === 0 ? (
        <p className={panel.quiet}>
          {shown.length < 2
            ? 'With two runs or more, the settings that are not alike are set side by side here.'
            : 'The runs that are shown have the same settings.'}
        </p>
      ) : (
        <Table.ScrollContainer minWidth={360} type="native">
          <Table verticalSpacing={4} horizontalSpacing={10} fz="0.8125rem" aria-label="Settings that differ">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Setting</Table.Th>
                {shown.map(({ id, name }) => (
                  <Table.Th key={id}>
                    <span className={classes.dot} style={{ background: colorOf(id) }} aria-hidden="true" />
                    {name}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map(({ path, label, values }) => (
                <Table.Tr key={path}>
                  <Table.Th scope="row" className={classes.setting}>
                    {label}
                  </Table.Th>
                  {shown.map(({ id }, i) => (
                    <Table.Td key={id} data-other={values[i] !== values[0]} className={classes.value}>
                      {values[i]}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </PanelFrame>
  );
}
