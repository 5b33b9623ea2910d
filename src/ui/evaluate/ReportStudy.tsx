/** The card of the classification report. */
import { SegmentedControl, Table } from '@mantine/core';
import { printed } from '../../core/printed.ts';
import { classifierSchema } from '../../protocol/studies.ts';
import { chooseForStudies } from '../../state/studies.ts';
import { formatCount } from '../charts/format.ts';
import { useStudies } from '../use-stores.ts';
import { ConfusionMatrix } from './ConfusionMatrix.tsx';
import classes from './evaluate.module.css';
import { type ResultOf, StudyCard } from './StudyCard.tsx';

export function ReportStudy() {
  return (
    <StudyCard
      kind="report"
      about="Which class is taken for which. A row of the matrix is a true class, a column what the classifier said; the diagonal is right. Precision is the share of what was called a class that is of it, recall the share of a class that was found, F1 their harmonic mean, support the number of validation images. The mean of the classes counts each class alike, the weighted mean each image. Choose a cell to see its images."
      source="Figures as in scikit-learn's classification_report; a class that was never called has precision 0."
      needsLabels
      empty="The confusion matrix and the figures of each class appear here."
      options={<Options />}
    >
      {({ finding }) => (
        <>
          <ConfusionMatrix finding={finding} />
          <Figures finding={finding} />
        </>
      )}
    </StudyCard>
  );
}

function Options() {
  const classifier = useStudies((state) => state.choices.classifier);
  return (
    <SegmentedControl
      size="xs"
      aria-label="Classifier of the report"
      value={classifier}
      onChange={(value) => chooseForStudies({ classifier: classifierSchema.parse(value) })}
      data={[
        { value: 'knn', label: 'k-NN' },
        { value: 'logistic', label: 'Logistic regression' },
        { value: 'sgd', label: 'Linear probe' },
        { value: 'finetune', label: 'Fine-tuned' },
      ]}
    />
  );
}

function Figures({ finding }: { finding: ResultOf<'report'>['finding'] }) {
  const { perClass, macro, weighted } = finding;
  const rows = [
    ...perClass.map((figures, i) => ({ name: finding.classes[i] ?? `class ${i}`, figures, summary: false })),
    { name: 'Mean of the classes', figures: macro, summary: true },
    { name: 'Weighted by support', figures: weighted, summary: true },
  ];
  return (
    <Table.ScrollContainer minWidth={360} maxHeight={420} type="native">
      <Table
        className={classes.scores}
        stickyHeader
        verticalSpacing={3}
        horizontalSpacing={8}
        aria-label="Figures of each class"
      >
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Class</Table.Th>
            <Table.Th className={classes.number}>Precision</Table.Th>
            <Table.Th className={classes.number}>Recall</Table.Th>
            <Table.Th className={classes.number}>F1</Table.Th>
            <Table.Th className={classes.number}>Support</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ name, figures, summary }) => (
            <Table.Tr key={name} data-summary={summary}>
              <Table.Th scope="row" className={classes.method}>
                {name}
              </Table.Th>
              <Table.Td className={classes.number}>{printed(figures.precision)}</Table.Td>
              <Table.Td className={classes.number}>{printed(figures.recall)}</Table.Td>
              <Table.Td className={classes.number}>{printed(figures.f1)}</Table.Td>
              <Table.Td className={classes.number}>{formatCount(figures.support)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
