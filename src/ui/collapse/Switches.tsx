/** What keeps a run from collapsing, each with a switch: turning one forks the run and trains the fork on. */
import { Button, Switch } from '@mantine/core';
import { openRun, turnSwitch } from '../../state/run-actions.ts';
import { isOn, type LaboratorySwitch, laboratorySwitches } from '../../state/switches.ts';
import { formatCount } from '../charts/format.ts';
import { PanelFrame } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useRuns, useSession } from '../use-stores.ts';
import classes from './switches.module.css';

const TEXTS: Record<LaboratorySwitch, { label: string; symbol: string; off: string }> = {
  centering: {
    label: 'Centering',
    symbol: 'g_t − c',
    off: 'Off: nothing takes away what the teacher says about every image, so one prototype can win them all. Its entropy falls to 0.',
  },
  sharpening: {
    label: 'Sharpening',
    symbol: 'τ_t < τ_s',
    off: 'Off: the teacher is read at the student’s temperature and no longer asks for more certainty than the student has. Its entropy rises to ln K.',
  },
  momentum: {
    label: 'Momentum',
    symbol: 'θ_t ← m θ_t + (1 − m) θ_s',
    off: 'Off: after each step the teacher is the student’s copy (m = 0), and the student chases itself.',
  },
  stopGradient: {
    label: 'Stop-gradient',
    symbol: 'sg(P_t)',
    off: 'Off: the targets are the student’s own answers and are learned as well. The two sides meet where it costs least: at an answer that is the same for all.',
  },
};

export function Switches() {
  const config = useSession((state) => state.runConfig);
  const phase = useSession(({ status }) => status?.phase ?? 'empty');
  const begun = useSession(({ status }) => (status?.step ?? 0) > 0);
  const refusal = useRuns((state) => state.refusal);
  const stuck = phase === 'empty' || phase === 'finished' || phase === 'fault';
  return (
    <PanelFrame
      title="Switches"
      about="Two networks that only have to agree can agree on nothing: the same answer to every image. Centering, sharpening and the slow teacher hold that off together, and centering alone and sharpening alone each lead into the collapse that the other prevents. A switch does not touch this run: it forks it from this very step with the one change and trains the fork on. The run itself stays in the list, one press away."
      source="Caron et al. 2021, §3.1 (avoiding collapse), §5.3 and Fig. 7; Table 7 for the momentum."
    >
      {config === null ? (
        <p className={panel.quiet}>With images, the switches of the run appear here.</p>
      ) : (
        <>
          <ul className={classes.list}>
            {laboratorySwitches.map((which) => (
              <li key={which} className={classes.item} data-off={!isOn(config, which)}>
                <Switch
                  checked={isOn(config, which)}
                  disabled={stuck}
                  label={
                    <>
                      {TEXTS[which].label} <i className={classes.symbol}>{TEXTS[which].symbol}</i>
                    </>
                  }
                  description={TEXTS[which].off}
                  onChange={(event) => turnSwitch(which, event.currentTarget.checked)}
                />
              </li>
            ))}
          </ul>
          {refusal && (
            <p className={classes.refusal} role="alert">
              {refusal}
            </p>
          )}
          <Back />
          <p className={panel.quiet}>
            {stuck
              ? 'This run does not go on: go back to one that does, in the Runs tab, or press Reset.'
              : begun
                ? 'Each press forks the run from now. The Runs tab draws the curves of both.'
                : 'Nothing is trained yet: a switch changes the setting itself.'}
          </p>
        </>
      )}
    </PanelFrame>
  );
}

/** The way back to what this run was forked from. */
function Back() {
  const parent = useRuns(({ runs, present }) => {
    const origin = runs.find(({ id }) => id === present)?.parent;
    return runs.find(({ id }) => id === origin?.id) ?? null;
  });
  if (!parent) return null;
  return (
    <Button
      variant="default"
      size="compact-sm"
      mb={8}
      disabled={parent.states.length === 0 || !parent.here}
      onClick={() => openRun(parent.id)}
    >
      Back to {parent.name}, step {formatCount(parent.states.at(-1)?.step ?? parent.step)}
    </Button>
  );
}
