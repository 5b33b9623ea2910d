/** What stands above the columns when it must be read: a fault with its remedy, an address that was not understood. */
import { CloseButton } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { dismissFault } from '../state/actions.ts';
import { dismissMovingRefusal } from '../state/moving.ts';
import { reportHashProblem } from '../state/settings.ts';
import { GoOn } from './keeping/GoOn.tsx';
import { KeepingNotices } from './keeping/KeepingNotices.tsx';
import { StartNotice } from './moving/StartNotice.tsx';
import { useMoving, useSession, useSettings } from './use-stores.ts';

export function Notices() {
  const fault = useSession((s) => s.fault);
  const problem = useSettings((s) => s.hashProblem);
  const refusal = useMoving((s) => s.refusal);
  return (
    <div className="notices">
      {fault && (
        <div className="notice" role="alert">
          <IconAlertTriangle size={18} aria-hidden="true" />
          <div>
            <strong>{fault.what}</strong>
            {fault.remedy}
            <GoOn fault={fault} />
          </div>
          <CloseButton size="sm" aria-label="Dismiss the fault" onClick={dismissFault} />
        </div>
      )}
      <KeepingNotices />
      <StartNotice />
      {refusal && (
        <div className="notice" role="alert">
          <IconAlertTriangle size={18} aria-hidden="true" />
          <div>{refusal}</div>
          <CloseButton size="sm" aria-label="Dismiss the notice" onClick={dismissMovingRefusal} />
        </div>
      )}
      {problem && (
        <div className="notice" role="note" aria-label="Address">
          <IconInfoCircle size={18} aria-hidden="true" />
          <div>{problem}</div>
          <CloseButton size="sm" aria-label="Dismiss the notice" onClick={() => reportHashProblem(null)} />
        </div>
      )}
    </div>
  );
}
