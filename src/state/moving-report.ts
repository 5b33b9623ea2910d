/** Gathers a run into a report and hands it over. */

import { version } from '../../package.json';
import { download } from '../client/download.ts';
import { pngUrl } from '../client/png.ts';
import { namedDifferences } from '../config/forks.ts';
import { differences } from '../config/overrides.ts';
import { PRESETS, presetConfig, presetNames } from '../config/presets.ts';
import type { RunConfig } from '../config/schema.ts';
import { headOf } from '../core/attention-mask.ts';
import { colorAt } from '../core/colormap.ts';
import { wilson } from '../core/interval.ts';
import type { Pixels } from '../core/pixels.ts';
import { type CurveChart, curvesSvg } from '../core/svg-curves.ts';
import type { AttentionSnapshot, ScheduleCurves } from '../protocol/values.ts';
import { datasetStore } from './dataset.ts';
import { headName } from './map-name.ts';
import { movingStore } from './moving.ts';
import { type ReportPicture, type RunReport, reportHtml } from './report-page.ts';
import { runsStore } from './runs.ts';
import { seriesStore } from './series.ts';
import { sessionStore } from './session.ts';
import { settingsStore } from './settings.ts';
import { studiesStore } from './studies.ts';
import { intervalOf } from './studies-file.ts';
import { viewStore } from './view.ts';
import { backendNames, countWords } from './words.ts';

/** Images whose attention is shown. */
const IMAGES = 4;
/** The report has them for light and dark. */
const STUDENT = 'var(--student)';
const TEACHER = 'var(--teacher)';
const OTHER = 'var(--quiet)';
const ALARM = 'var(--alarm)';

/** The present run as a page of its own. */
export async function saveReport(): Promise<void> {
  movingStore.setState({ writing: true });
  try {
    const report = await gathered();
    download(`${report.title.replaceAll(' ', '-')}.html`, reportHtml(report), 'text/html');
  } finally {
    movingStore.setState({ writing: false });
  }
}

async function gathered(): Promise<RunReport> {
  const { backend, status, runConfig } = sessionStore.getState();
  const { runs, present } = runsStore.getState();
  const { summary } = datasetStore.getState();
  const { crops, attention } = viewStore.getState();
  const config = runConfig ?? settingsStore.getState().config;
  const run = runs.find(({ id }) => id === present);
  const step = status?.step ?? 0;
  const preset = nearestPreset(config);
  const facts: [string, string][] = [
    [
      'Images',
      summary ? `${summary.name}: ${countWords(summary.train)} + ${countWords(summary.val)}` : 'none',
    ],
    ['Step', `${countWords(step)} of ${countWords(status?.totalSteps ?? 0)}`],
    ['Parameters', countWords(status?.parameters ?? 0)],
    ['Computed on', backend ? `${backendNames[backend.backend]}, ${backend.adapter}` : 'nothing yet'],
    ['Begun', run ? `${new Date(run.begun).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'not yet'],
    ...(run?.start
      ? [['Began with the weights of', `${run.start.name} (${run.start.network})`] satisfies [string, string]]
      : []),
  ];
  return {
    title: `DINO run ${run?.name ?? 'without a name'}`,
    facts,
    preset: PRESETS[preset].label,
    differences: namedDifferences(config, presetConfig(preset)),
    curves: charts(config),
    crops: crops
      ? [
          { url: await pngUrl(crops.original), caption: `Image ${crops.id}` },
          ...(await Promise.all(
            crops.views.map(async ({ kind, index, pixels }) => ({
              url: await pngUrl(pixels),
              caption: kind === 'global' ? `Global view ${index + 1}` : `Local view ${index - 1}`,
            })),
          )),
        ]
      : [],
    attention: attention ? await attentionRows(attention) : [],
    attentionNote: attention
      ? `Teacher, ${attention.kind ? 'last stage: activation maps, as a ResNet has no attention' : 'last block'}, step ${countWords(attention.step)}; each map from dark for 0 to yellow for its own largest value.`
      : '',
    scores: scores(present),
    footer: `Made by DINO Playground ${version}. Fingerprint of the images: ${summary?.fingerprint ?? 'none'}; seed ${config.training.seed}.`,
  };
}

/** The preset that needs the fewest changes; images and seed do not count. */
function nearestPreset(config: RunConfig) {
  const changes = (name: (typeof names)[number]) =>
    differences(config, presetConfig(name)).filter(([group]) => group !== 'data').length;
  const names = presetNames();
  return names.reduce((best, name) => (changes(name) < changes(best) ? name : best));
}

function charts({ head }: RunConfig): RunReport['curves'] {
  const { column, knn, schedules } = seriesStore.getState();
  const lnK = Math.log(head.prototypes);
  const x = knn.map(({ step }) => step);
  const svg = (chart: CurveChart) => curvesSvg(chart);
  const schedule = (title: string, key: Exclude<keyof ScheduleCurves, 'steps'>) => ({
    title,
    note: 'over the whole run',
    svg:
      schedules &&
      svg({ title, curves: [{ name: title, color: TEACHER, x: schedules.steps, y: schedules[key] }] }),
  });
  return [
    {
      title: 'Training loss',
      note: 'nats, by step; at ln K all answers are flat',
      svg: svg({
        title: 'Training loss by step',
        curves: [{ name: 'Loss', color: STUDENT, x: column('step'), y: column('loss') }],
        levels: [{ value: lnK, label: `ln K = ${lnK.toFixed(2)}`, color: ALARM }],
      }),
    },
    {
      title: 'k-NN',
      note: 'percent right, by step',
      svg: svg({
        title: 'k-NN accuracy by step, with both baselines',
        curves: [
          { name: 'Teacher', color: TEACHER, x, y: knn.map(({ teacher }) => teacher), dots: true },
          {
            name: 'Untrained network',
            color: OTHER,
            x,
            y: knn.map(({ untrained }) => untrained),
            dots: true,
          },
          { name: 'Raw pixels', color: STUDENT, x, y: knn.map(({ pixels }) => pixels), dots: true },
        ],
      }),
    },
    schedule('Learning rate', 'lr'),
    schedule('Weight decay', 'weightDecay'),
    schedule('Teacher momentum', 'momentum'),
    schedule('Teacher temperature', 'teacherTemp'),
  ];
}

async function attentionRows({
  images,
  heads,
  rows,
  columns,
  kind,
}: AttentionSnapshot): Promise<ReportPicture[][]> {
  return Promise.all(
    images.slice(0, IMAGES).map(async ({ id, pixels, teacher }) => [
      { url: await pngUrl(pixels), caption: `Image ${id}` },
      ...(await Promise.all(
        Array.from({ length: heads }, async (_, head) => ({
          url: await pngUrl(mapPixels(headOf(teacher, head, rows * columns), rows, columns)),
          caption: headName({ ...(kind && { kind }) }, head),
        })),
      )),
    ]),
  );
}

function mapPixels(map: ArrayLike<number>, height: number, width: number): Pixels {
  let largest = 0;
  for (let i = 0; i < map.length; i++) largest = Math.max(largest, map[i] ?? 0);
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++)
    rgba.set([...colorAt('viridis', largest > 0 ? (map[i] ?? 0) / largest : 0), 255], 4 * i);
  return { width, height, rgba };
}

/** The newest k-NN score, and what the studies of this run have found. */
function scores(present: number | null): RunReport['scores'] {
  const knn = seriesStore.getState().knn.at(-1);
  const percent = (value: number, { low, high }: ReturnType<typeof wilson>) =>
    `${value.toFixed(1)} % (${low.toFixed(1)}–${high.toFixed(1)})`;
  const measured = knn
    ? [
        {
          method: `k-NN, k = ${knn.k}`,
          network: percent(knn.teacher, wilson(knn.teacher, knn.val)),
          untrained: percent(knn.untrained, wilson(knn.untrained, knn.val)),
          pixels: percent(knn.pixels, wilson(knn.pixels, knn.val)),
          n: countWords(knn.val),
          step: countWords(knn.step),
        },
      ]
    : [];
  const studied = studiesStore
    .getState()
    .done.filter(({ run }) => run === present)
    .flatMap(({ result: { scores: found, step, study } }) =>
      found.map((score) => {
        const text = (value: number) => {
          const interval = intervalOf(score, value);
          return interval ? percent(value, interval) : value.toFixed(3);
        };
        return {
          method: `${score.method}, ${study.network}`,
          network: text(score.network),
          untrained: text(score.untrained),
          pixels: text(score.pixels),
          n: countWords(score.n),
          step: countWords(step),
        };
      }),
    );
  return [...measured, ...studied];
}
