/** Mounts one panel over invented stores: `?panel=loss&steps=300&scheme=dark…`. */
import '@mantine/core/styles.css';
import '../../../src/ui/tokens.css';
import '../../../src/ui/app.css';
import { MantineProvider } from '@mantine/core';
import type { FunctionComponent } from 'react';
import { createRoot } from 'react-dom/client';
import type { TrainerEvent } from '../../../src/protocol/messages.ts';
import { connect } from '../../../src/state/conversation.ts';
import { viewStore } from '../../../src/state/view.ts';
import { AttentionPanel } from '../../../src/ui/panels/AttentionPanel.tsx';
import { CropsPanel } from '../../../src/ui/panels/CropsPanel.tsx';
import { HealthChart } from '../../../src/ui/panels/HealthChart.tsx';
import { KnnPanel } from '../../../src/ui/panels/KnnPanel.tsx';
import { LossChart } from '../../../src/ui/panels/LossChart.tsx';
import { SchedulesChart } from '../../../src/ui/panels/SchedulesChart.tsx';
import { cssVariables, theme } from '../../../src/ui/theme.ts';
import { crops, evaluate, fill, metrics, type Scenario } from './fill.ts';

const ask = new URLSearchParams(location.search);
const scenario: Scenario = {
  steps: Number(ask.get('steps') ?? 300),
  collapsed: ask.has('collapsed'),
  labels: !ask.has('unlabelled'),
  snapshot: !ask.has('early'),
  heads: Number(ask.get('heads') ?? 3),
  width: Number(ask.get('width') ?? 64),
  height: Number(ask.get('height') ?? 64),
};

const PANELS: Record<string, FunctionComponent> = {
  loss: LossChart,
  schedules: SchedulesChart,
  health: HealthChart,
  crops: CropsPanel,
  attention: AttentionPanel,
  knn: KnnPanel,
};
const curves = ['loss', 'schedules', 'health'];
const watch = ask.get('panel')?.split(',') ?? ['crops'];
const side = ask.get('side')?.split(',') ?? curves;

/** What the panels sent, for tests to read. */
const sent: unknown[] = [];
let emit: (event: TrainerEvent) => void = () => undefined;
connect({
  send(command) {
    sent.push(command);
    if (command.type === 'get-crops')
      queueMicrotask(() => emit({ type: 'crops', crops: crops(command.id, scenario, command.epoch) }));
  },
  subscribe(listener) {
    emit = listener;
    return () => undefined;
  },
  close: () => undefined,
});
fill(scenario);
Object.assign(window, {
  panels: { sent, metrics, evaluate: () => evaluate(scenario), view: () => viewStore.getState() },
});

const root = document.getElementById('root');
if (root === null) throw new Error('no #root to render into');
const shown = (names: string[]) =>
  names.map((name) => {
    const Panel = PANELS[name];
    return Panel ? <Panel key={name} /> : null;
  });
createRoot(root).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={cssVariables}
    forceColorScheme={ask.get('scheme') === 'dark' ? 'dark' : 'light'}
  >
    <div className="columns" style={{ height: '100vh' }}>
      <div className="column" />
      <main className="column watch">{shown(watch)}</main>
      <div className="column">{shown(side)}</div>
    </div>
  </MantineProvider>,
);
