/** What stands above the columns when it must be read: a fault with its remedy, an address that was not understood. */
import { dismissFault } from '../state/actions.ts';
import { dismissMovingRefusal } from '../state/moving.ts';
import { reportHashProblem } from '../state/settings.ts';
import { GoOn } from './keeping/GoOn.tsx';
import { KeepingNotices } from './keeping/KeepingNotices.tsx';
import { StartNotice } from './moving/StartNotice.tsx';
import { Notice } from './Notice.tsx';
import { useMoving, useSession, useSettings } from './use-stores.ts';

export function Notices() {
  const fault = useSession((s) => s.fault);
  const problem = useSettings((s) => s.hashProblem);
  const refusal = useMoving((s) => s.refusal);
  return (
    <div className="notices">
      {fault && (
        <Notice label={null} closes="Dismiss the fault" onDismiss={dismissFault}>
          <strong>{fault.what}</strong>
          {fault.remedy}
          <GoOn fault={fault} />
        </Notice>
      )}
      <KeepingNotices />
      <StartNotice />
      {refusal && (
        <Notice label={null} onDismiss={dismissMovingRefusal}>
          {refusal}
        </Notice>
      )}
      {problem && (
        <Notice label="Address" onDismiss={() => reportHashProblem(null)}>
          {problem}
        </Notice>
      )}
    </div>
  );
}
