/** The list of keys, and what this page is, in a few lines. */
import { Kbd, Modal } from '@mantine/core';
import { KEYS } from '../keys.ts';

export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title="Keys and help"
      size="md"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <table className="pairs keys">
        <tbody>
          {KEYS.map(({ label, does }) => (
            <tr key={label}>
              <th scope="row">
                <Kbd>{label}</Kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="prose">
        <p>
          This page trains DINO, self-distillation with no labels: a student network learns to say of small
          crops of a picture what a teacher says of large ones, and the teacher is the student’s slow average.
          Nobody tells either what is in the picture.
        </p>
        <p>
          Everything runs on this computer. Images never leave it; the settings live in the page’s address, so
          a link carries them.
        </p>
        <p>
          <strong>Crops</strong> shows what the student is given. <strong>Attention</strong> shows where the
          last block looks, and any block in a photo or video of yours. <strong>k-NN</strong> measures, with
          labels that training never sees, whether like pictures lie close together; <strong>Evaluate</strong>{' '}
          does so in more ways, and finds clusters and near-duplicates without any labels;{' '}
          <strong>Embedding</strong> lays all pictures out as a map, like ones together. The labels are used
          for measuring alone. <strong>Collapse</strong> says whether the run is healthy, and how one sees it;{' '}
          <strong>Step by step</strong> walks slowly through one real step, with the arrow keys.{' '}
          <strong>Runs</strong> keeps every run that you leave, goes on with it, or forks it with one thing
          changed and compares the two.
        </p>
        <p className="quiet">
          After Caron et al. 2021, “Emerging Properties in Self-Supervised Vision Transformers”. Keys do
          nothing while you type in a field.
        </p>
      </div>
    </Modal>
  );
}
