/** The middle of the page: what the student sees, where it looks, what lies close together, what it is worth. */
import { Tabs } from '@mantine/core';
import { useEffect } from 'react';
import { followRun } from '../state/mapping.ts';
import { showTab, type WatchTab } from '../state/view.ts';
import { AttentionTab } from './attention/AttentionTab.tsx';
import { CollapseTab } from './collapse/CollapseTab.tsx';
import { EmbeddingTab } from './embedding/EmbeddingTab.tsx';
import { EvaluatePanel } from './evaluate/EvaluatePanel.tsx';
import { CropsPanel } from './panels/CropsPanel.tsx';
import { KnnPanel } from './panels/KnnPanel.tsx';
import { RunsTab } from './runs/RunsTab.tsx';
import { StepTab } from './step/StepTab.tsx';
import { useView } from './use-stores.ts';

const tabs: readonly { value: WatchTab; label: string }[] = [
  { value: 'crops', label: 'Crops' },
  { value: 'attention', label: 'Attention' },
  { value: 'knn', label: 'k-NN' },
  { value: 'evaluate', label: 'Evaluate' },
  { value: 'embedding', label: 'Embedding' },
  { value: 'collapse', label: 'Collapse' },
  { value: 'step', label: 'Step by step' },
  { value: 'runs', label: 'Runs' },
];

export function Watch() {
  const tab = useView((s) => s.tab);
  useEffect(followRun, []);
  const choose = (value: string | null) => {
    const chosen = tabs.find((each) => each.value === value);
    if (chosen) showTab(chosen.value);
  };
  return (
    <Tabs value={tab} onChange={choose} keepMounted={false}>
      <Tabs.List>
        {tabs.map(({ value, label }) => (
          <Tabs.Tab key={value} value={value}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="crops">
        <CropsPanel />
      </Tabs.Panel>
      <Tabs.Panel value="attention">
        <AttentionTab />
      </Tabs.Panel>
      <Tabs.Panel value="knn">
        <KnnPanel />
      </Tabs.Panel>
      <Tabs.Panel value="evaluate">
        <EvaluatePanel />
      </Tabs.Panel>
      <Tabs.Panel value="embedding">
        <EmbeddingTab />
      </Tabs.Panel>
      <Tabs.Panel value="runs">
        <RunsTab />
      </Tabs.Panel>
      <Tabs.Panel value="collapse">
        <CollapseTab />
      </Tabs.Panel>
      <Tabs.Panel value="step">
        <StepTab />
      </Tabs.Panel>
    </Tabs>
  );
}
