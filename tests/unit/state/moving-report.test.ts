/** What a report says of its run: the run's own settings and beginnings, whatever new runs would have. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { applyOverrides } from '../../../src/config/overrides.ts';
import { presetConfig } from '../../../src/config/presets.ts';
import { movingStore } from '../../../src/state/moving.ts';
import { saveReport } from '../../../src/state/moving-report.ts';
import { runsStore } from '../../../src/state/runs.ts';
import { seriesStore } from '../../../src/state/series.ts';
import { sessionStore } from '../../../src/state/session.ts';
import { settingsStore } from '../../../src/state/settings.ts';
import { freshStores, runRecord, status } from './stores.ts';

const reports: string[] = [];
vi.mock('../../../src/client/download.ts', () => ({
  download: (_: string, html: string) => reports.push(html),
}));

/** The text of the report of this run. */
async function report(start: { name: string; network: 'teacher' } | null): Promise<string> {
  const config = applyOverrides(presetConfig('nano'), {
    training: { seed: 41 },
    loss: { studentTemp: 0.123 },
  });
  sessionStore.setState({ status, runConfig: config });
  runsStore.setState({ runs: [{ ...runRecord(1), config, start }], present: 1 });
  await saveReport();
  return (reports.at(-1) ?? '').replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
}

beforeEach(() => {
  freshStores();
  movingStore.setState(movingStore.getInitialState(), true);
  reports.length = 0;
});

describe('a report', () => {
  it('has the settings of its run, not those of the next', async () => {
    settingsStore.setState({
      config: applyOverrides(presetConfig('samples'), {
        training: { seed: 77 },
        loss: { studentTemp: 0.456 },
      }),
    });
    const text = await report(null);
    expect(text).toContain('seed 41');
    expect(text).toContain('0.123');
    expect(text).not.toMatch(/seed 77|0\.456/);
  });

  it('gives each k-NN score with its interval, on how many images it was measured, and when the run began by which clock', async () => {
    seriesStore.setState({
      knn: [
        { step: 200, teacher: 12.5, untrained: 6.25, pixels: 18.75, k: 20, train: 40, val: 16, classes: 8 },
      ],
    });
    const text = await report(null);
    expect(text).toMatch(
      /k-NN, k = 20 12\.5 % \(3\.5–36\.0\) 6\.3 % \(1\.1–28\.3\) 18\.8 % \(6\.6–43\.0\) 16 200/,
    );
    expect(text).toMatch(/Begun \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  });

  it('says what its run began with, not what new runs start from', async () => {
    movingStore.setState({ start: { name: 'next.safetensors', network: 'student' } });
    expect(await report({ name: 'vits16.safetensors', network: 'teacher' })).toContain(
      'Began with the weights of vits16.safetensors (teacher)',
    );
    const text = await report(null);
    expect(text).not.toMatch(/Began with|next\.safetensors/);
  });
});
