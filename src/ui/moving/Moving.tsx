/** The dialogs that the File menu opens; they outlive the menu. */
import { showDialog } from '../../state/moving.ts';
import { ClusterDialog } from '../cluster/ClusterDialog.tsx';
import { EraseQuestion } from '../keeping/EraseQuestion.tsx';
import { useMoving } from '../use-stores.ts';
import { OpenFile } from './OpenFile.tsx';
import { OpenSettings } from './OpenSettings.tsx';
import { SaveWeights } from './SaveWeights.tsx';

const close = () => showDialog(null);

export function MovingDialogs() {
  const dialog = useMoving((s) => s.dialog);
  return (
    <>
      {dialog === 'save-weights' && <SaveWeights onClose={close} />}
      {dialog === 'open' && <OpenFile />}
      {dialog === 'settings' && <OpenSettings />}
      {dialog === 'erase' && <EraseQuestion onClose={close} />}
      {dialog === 'cluster' && <ClusterDialog onClose={close} />}
    </>
  );
}
