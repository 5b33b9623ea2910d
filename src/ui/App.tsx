/** The page's skeleton: a bar, a status line, notices, and three columns that scroll by themselves. */
import { useDisclosure } from '@mantine/hooks';
import { useMemo, useRef } from 'react';
import { pause, reset, step, train } from '../state/actions.ts';
import { seriesStore } from '../state/series.ts';
import { sessionStore } from '../state/session.ts';
import { DropCurtain } from './DropCurtain.tsx';
import { useKeys } from './keys.ts';
import { MovingDialogs } from './moving/Moving.tsx';
import { Notices } from './Notices.tsx';
import { HealthChart } from './panels/HealthChart.tsx';
import { Help } from './panels/Help.tsx';
import { Images } from './panels/Images.tsx';
import { LossChart } from './panels/LossChart.tsx';
import { ResetQuestion } from './panels/ResetQuestion.tsx';
import { atWork, steppable } from './panels/RunControls.tsx';
import { SchedulesChart } from './panels/SchedulesChart.tsx';
import { Settings, SettingsTitle } from './panels/Settings.tsx';
import { SpokenStatus, StatusLine } from './panels/Status.tsx';
import { TopBar } from './TopBar.tsx';
import { Watch } from './Watch.tsx';

/** Seconds of training that the Reset button gives up without a question. */
const FORGIVEN = 600;

export function App() {
  const watch = useRef<HTMLElement>(null);
  const [helping, help] = useDisclosure(false);
  const [asking, question] = useDisclosure(false);

  const keys = useMemo(
    () => ({
      trainOrPause: () => {
        const phase = phaseNow();
        if (atWork.includes(phase)) pause();
        else if (steppable.includes(phase)) train();
      },
      step: () => {
        if (steppable.includes(phaseNow())) step();
      },
      reset: () => {
        if (phaseNow() === 'empty' || phaseNow() === 'preparing') return;
        if (stepsDone() > 0) question.open();
        else reset();
      },
      help: help.open,
    }),
    [help, question],
  );
  useKeys(keys);

  const resetByButton = () => {
    if (secondsTrained() > FORGIVEN) question.open();
    else reset();
  };

  return (
    <>
      <button type="button" className="skip" onClick={() => watch.current?.focus()}>
        Skip to the pictures
      </button>
      <div className="app">
        <TopBar onHelp={help.open} onReset={resetByButton} />
        <StatusLine />
        <div className="middle">
          <Notices />
          <div className="columns">
            <section className="column" aria-label="Images and settings">
              <Images />
              <SettingsTitle />
              <Settings onReset={resetByButton} />
            </section>
            <main className="column watch" ref={watch} tabIndex={-1} aria-label="Watch">
              <Watch />
            </main>
            <section className="column" aria-label="Curves">
              <LossChart />
              <SchedulesChart />
              <HealthChart />
            </section>
          </div>
        </div>
      </div>
      <SpokenStatus />
      <DropCurtain />
      <MovingDialogs />
      <Help opened={helping} onClose={help.close} />
      <ResetQuestion opened={asking} onClose={question.close} />
    </>
  );
}

function phaseNow() {
  return sessionStore.getState().status?.phase ?? 'empty';
}

function stepsDone(): number {
  return sessionStore.getState().status?.step ?? 0;
}

function secondsTrained(): number {
  return seriesStore
    .getState()
    .column('seconds')
    .reduce((sum, seconds) => sum + seconds, 0);
}
