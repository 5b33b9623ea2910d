/** The network of the run layer by layer, with what a step of it takes. */
import { Button, Modal, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ModelSummary } from '../../protocol/values.ts';
import { bytesWords, countWords, operationsWords } from '../../state/words.ts';
import { useSession } from '../use-stores.ts';
import classes from './model-summary.module.css';

export function ModelSummaryButton() {
  const model = useSession((s) => s.model);
  const [opened, { open, close }] = useDisclosure(false);
  if (!model) return null;
  const [whole] = model.layers;
  return (
    <>
      <Button size="compact-xs" variant="subtle" mt={4} onClick={open}>
        Model summary: {countWords(whole?.parameters ?? 0)} parameters
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title="Model summary"
        size="xl"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Totals model={model} />
        <Layers model={model} />
      </Modal>
    </>
  );
}

function Totals({ model }: { model: ModelSummary }) {
  const { layers, imageSize, batchSize, gflopAStep, memory } = model;
  const [whole] = layers;
  const rows: [string, string, string][] = [
    ['Parameters', countWords(whole?.parameters ?? 0), 'of the student; the teacher has as many'],
    [
      'Forward pass',
      operationsWords(whole?.flop ?? 0),
      `of one view of ${imageSize} × ${imageSize} px; a multiplication and an addition are two operations`,
    ],
    [
      'A step',
      operationsWords(gflopAStep * 1e9),
      `${countWords(batchSize)} images: teacher forward on the global views, student forward and backward on all`,
    ],
    [
      'Memory',
      `over ${bytesWords(memory.state + memory.activations)}`,
      `${bytesWords(memory.state)} for both networks, gradient and optimizer, ${bytesWords(memory.activations)} for what the student keeps for its gradient; working memory comes on top`,
    ],
  ];
  return (
    <>
      <p className="quiet">
        The layers under their official state-dict names, each with the shape that it gives for one global
        view, its parameters, and the operations of its products, forward. Norms, softmax and GELU are not
        counted. The layout is torchinfo’s; counts follow Vaswani et al. 2017 and Dosovitskiy et al. 2021.
      </p>
      <table className="pairs">
        <tbody>
          {rows.map(([name, value, more]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <strong>{value}</strong> <span className="quiet">{more}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function Layers({ model }: { model: ModelSummary }) {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table className={classes.layers} verticalSpacing={2} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Layer</Table.Th>
            <Table.Th>Output</Table.Th>
            <Table.Th className={classes.number}>Parameters</Table.Th>
            <Table.Th className={classes.number}>Operations</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {model.layers.map(({ name, kind, level, output, parameters, flop }) => (
            <Table.Tr key={name} data-level={Math.min(level, 2)}>
              <Table.Td style={{ paddingInlineStart: `${8 + 14 * level}px` }}>
                {kind} <span className={classes.name}>{name}</span>
              </Table.Td>
              <Table.Td className={classes.shape}>{output.map(countWords).join(' × ')}</Table.Td>
              <Table.Td className={classes.number}>{parameters > 0 ? countWords(parameters) : ''}</Table.Td>
              <Table.Td className={classes.number}>{flop > 0 ? operationsWords(flop) : ''}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
