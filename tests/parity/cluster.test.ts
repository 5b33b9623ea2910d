/** The PyTorch project for a cluster goes on with our runs as we do, in two processes, and its states come back. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterFolder } from '../../src/checkpoint/cluster.ts';
import { readTree } from '../../src/checkpoint/state.ts';
import { applyOverrides } from '../../src/config/overrides.ts';
import { planRun } from '../../src/config/plan.ts';
import { presetConfig, presetNames } from '../../src/config/presets.ts';
import type { RunConfig, RunOverrides } from '../../src/config/schema.ts';
import { planSchedule } from '../../src/dino/schedule.ts';
import { clusterProject } from '../../src/trainer/cluster/project.ts';
import { scheduleSettings } from '../../src/trainer/run-settings.ts';
import { TrainingRun } from '../../src/trainer/training-run.ts';
import { startBackend } from '../../tools/node-backend.ts';
import { sampleCatalogue } from '../../tools/sample-catalogue.ts';
import { type Continued, continueHere, gaps } from './cluster-case.ts';
import { findPython, runProcesses, runPython } from './cluster-python.ts';

const python = findPython();
if (!python)
  console.log('Skipped: no Python here has PyTorch (Debian: apt install python3-torch python3-torchvision).');
else if (!python.torchvision)
  console.log('Skipped: a ResNet, and a folder of images, as this PyTorch is without torchvision.');

const GIVEN_VIEWS = 'tests/fixtures/cluster_given_views.py';
const IMAGES = 16;
/** PyTorch takes seconds to load in each process, and more where others compute beside it. */
const PATIENT = 900_000; // ms
/** Steps taken here first, and then both here and there. */
const STEPS: [before: number, then: number] = [3, 10];

const toy = applyOverrides(presetConfig('nano'), {
  views: { globalSize: 16, localSize: 8, localCount: 2 },
  backbone: { dim: 24, depth: 2, heads: 3 },
  head: { layers: 3, hidden: 32, bottleneck: 12, prototypes: 48, batchNorm: 'off' },
  training: { batchSize: 4, steps: 40 },
});

/** Between them they have every option that a step knows. */
const SHARED: Record<string, RunOverrides> = {
  'AdamW, a last layer that thaws on the way': { head: { freezeEpochs: 2 } },
  'Adam, unit rows, one clipped norm, the teacher first': {
    backbone: { qkvBias: false },
    head: { layers: 2, bottleneck: null, lastLayer: 'unit-rows', l2Bottleneck: false, freezeEpochs: 0 },
    loss: { warmupTeacherTemp: 0.02, warmupTeacherTempEpochs: 5 },
    teacher: { update: 'before', advance: 'epoch' },
    optimizer: { kind: 'adam', clip: 'global', clipNorm: 0.5, lrWarmupEpochs: 3 },
  },
  'SGD, trained gains, no centering, no sharpening': {
    head: { layers: 1, normLastLayer: false, freezeEpochs: 1 },
    loss: { centering: false, sharpening: false },
    teacher: { schedule: 'constant' },
    optimizer: { kind: 'sgd', clip: 'off', lr: 0.05, lrSchedule: 'constant' },
  },
  'no stop-gradient, teacher logits of length 1': {
    views: { localCount: 0 },
    head: { lastLayer: 'free', freezeEpochs: 0 },
    loss: { stopGradient: false, teacherLogitsL2: true },
  },
};
/** PyTorch shares BatchNorm between processes on GPUs alone. */
const ALONE: Record<string, RunOverrides> = {
  'BatchNorm before GELU and on the logits, SGD': {
    head: { batchNorm: 'before-gelu', lastBatchNorm: true, freezeEpochs: 0 },
    optimizer: { kind: 'sgd', lr: 1e-3 },
  },
  'BatchNorm after GELU, no stop-gradient': {
    head: { batchNorm: 'after-gelu', freezeEpochs: 0 },
    loss: { stopGradient: false },
  },
};
/** Made of torchvision's layers. */
if (python?.torchvision)
  ALONE['a ResNet, SGD'] = {
    backbone: { architecture: 'resnet18', width: 4, stem: 'small' },
    head: { freezeEpochs: 0 },
    optimizer: { kind: 'sgd', lr: 1e-3 },
  };

/** A network small enough for a state of it to lie in the repository. */
const SMALL = {
  backbone: { dim: 8, depth: 1, heads: 2 },
  head: { layers: 2, hidden: 8, bottleneck: 4, prototypes: 12 },
} satisfies RunOverrides;

/** Draws a picture for each path. */
const PICTURES = `
import random, sys
from pathlib import Path
from PIL import Image
random.seed(5)
for path in sys.argv[2:]:
    target = Path(sys.argv[1], path)
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.frombytes("RGB", (6, 5), random.randbytes(90)).resize((40, 32), Image.BICUBIC).save(target)`;

/** How far a photo that the camera noted as turned is from the picture itself, in bytes. */
const TURNED = `
import sys
sys.path.insert(0, "cluster")
from PIL import Image, ImageChops, ImageStat
from crops import upright
pair = upright("tests/fixtures/images/exif-6.jpg"), Image.open("tests/fixtures/images/rgb.png")
print(max(ImageStat.Stat(ImageChops.difference(*pair)).mean) if pair[0].size == pair[1].size else 255)`;

/** Parameters that only shift what a BatchNorm then centers: their true gradient is 0, what moves them is rounding. */
const isIdle = ({ head }: RunConfig, name: string) =>
  head.batchNorm === 'before-gelu' && /backbone\.norm\.bias$|head\.mlp\.[03]\.bias$/.test(name);

describe.skipIf(!python)('the cluster’s project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dino-cluster-'));
  const here = new Map<string, Continued>();
  const folderOf = (name: string) => join(folder, String([...here.keys()].indexOf(name)));

  beforeAll(async () => {
    if (!python) return;
    console.log(`Python with torch ${python.torch}: ${python.path}`);
    await startBackend('wasm');
    const go = async (cases: Record<string, RunOverrides>, processes: number) => {
      const folders: string[] = [];
      for (const [name, overrides] of Object.entries(cases)) {
        const own = join(folder, String(here.size));
        folders.push(own);
        here.set(name, await continueHere(own, applyOverrides(toy, overrides), IMAGES, STEPS));
      }
      if (processes > 1) runProcesses(python, processes, GIVEN_VIEWS, folders);
      else runPython(python, [GIVEN_VIEWS, ...folders]);
    };
    await go(SHARED, 2);
    await go(ALONE, 1);
  }, PATIENT);
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (name: string) => {
    const ours = here.get(name);
    if (!ours) throw new RangeError(name);
    const losses: number[] = JSON.parse(readFileSync(join(folderOf(name), 'losses.json'), 'utf8'));
    return { ours, losses, theirs: readTree(readFileSync(join(folderOf(name), 'after.safetensors'))) };
  };

  // A share of the way that a tensor has come in the ten steps. BatchNorm over 16 rows makes rounding ten times larger.
  describe.each([
    ['in two processes', SHARED, 1e-3],
    ['in one process', ALONE, 1e-2],
  ])('%s', (_, cases: Record<string, RunOverrides>, tolerance) => {
    it.each(Object.keys(cases))('sees our losses and comes to our weights: %s', (name) => {
      const { ours, losses, theirs } = read(name);
      const off = ours.losses.map((loss, i) => Math.abs((losses[i] ?? Number.NaN) / loss - 1));
      const config = applyOverrides(toy, cases[name] ?? {});
      const far = gaps(ours.before, ours.after, theirs).filter((gap) => !isIdle(config, gap.name));
      const report = far.map((gap) => ({ ...gap, share: gap.apart / (gap.moved || 1) }));
      report.sort((a, b) => b.share - a.share);
      console.log(
        `${name}: first loss off by ${off[0]?.toExponential(1)}, ten by at most ${Math.max(...off).toExponential(1)}; ` +
          report
            .slice(0, 3)
            .map(
              (gap) => `${gap.name} ${gap.share.toExponential(1)} of its way, ${gap.most.toExponential(1)}`,
            )
            .join('; '),
      );
      expect(off[0]).toBeLessThan(1e-5);
      expect(Math.max(...off)).toBeLessThan(1e-4);
      expect(report.filter(({ share, most }) => !(share < tolerance || most < 1e-6))).toEqual([]);
      const { step, updates, dataset } = theirs;
      expect({ step, updates, config: theirs.config, dataset }).toEqual({
        step: ours.after.step,
        updates: ours.after.updates,
        config: ours.before.config,
        dataset: ours.before.dataset,
      });
    });
  });

  it.skipIf(!python?.torchvision)(
    'goes on from the exported zip, on a folder of images, and comes back',
    async () => {
      if (!python) return;
      const project = join(folder, 'project');
      const config = applyOverrides(toy, { ...SMALL, head: { ...SMALL.head, freezeEpochs: 1 } });
      const run = new TrainingRun(config, sampleCatalogue(IMAGES, 0));
      for (let i = 0; i < STEPS[0]; i++) await (await run.advance()).figures;
      const start = await run.tree();
      run.dispose();
      const paths = Array.from({ length: IMAGES }, (_, i) => `holiday/${i % 2 ? 'sea' : 'hills'}/${i}.png`);
      for (const { name, pieces } of clusterFolder('run', clusterProject, start, paths)) {
        mkdirSync(dirname(join(project, name)), { recursive: true });
        writeFileSync(join(project, name), Buffer.concat(pieces));
      }
      const images = join(folder, 'images');
      // One more than the page trained on: an image that it has put aside.
      runPython(python, ['-c', PICTURES, images, ...paths, 'holiday/sea/aside.png']);
      const args = [
        '--data',
        join(images, 'holiday'),
        '--steps',
        '13',
        '--save-every',
        '5',
        '--workers',
        '1',
      ];
      const said = runProcesses(python, 2, join(project, 'run', 'train.py'), args);
      expect(said).toMatch(/step 3 of 13; 16 images, 16 on the page; 2 x cpu/);
      expect(readdirSync(join(project, 'run', 'out')).sort()).toEqual([
        'metrics.jsonl',
        'state-00000005.safetensors',
        'state-00000010.safetensors',
        'state-00000013.safetensors',
      ]);
      const rows = readFileSync(join(project, 'run', 'out', 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n');
      const losses = rows.map((row): number => JSON.parse(row).loss);
      expect(losses).toHaveLength(10);
      expect(losses.every((loss) => loss > 0 && loss < 2 * Math.log(config.head.prototypes))).toBe(true);

      const written = join(project, 'run', 'out', 'state-00000013.safetensors');
      if (process.env.KEEP_CLUSTER_STATE) copyFileSync(written, 'tests/fixtures/cluster-state.safetensors');
      const tree = readTree(readFileSync(written));
      expect(tree).toMatchObject({ step: 13, config: start.config, updates: { lastLayer: 9, rest: 13 } });
      const back = new TrainingRun(config, sampleCatalogue(IMAGES, 0), { from: tree });
      const { loss } = await (await back.advance()).figures;
      expect(loss).toBeGreaterThan(0);
      expect(back.step).toBe(14);
      back.dispose();
    },
  );

  it.skipIf(!python?.torchvision)('turns photos as the page does', () => {
    if (python) expect(Number(runPython(python, ['-c', TURNED]))).toBeLessThan(4);
  });

  it('goes beyond an early stop, and otherwise refuses with a sentence', () => {
    if (!python) return;
    const cut = join(folder, 'cut.safetensors');
    writeFileSync(cut, readFileSync('tests/fixtures/cluster-state.safetensors').subarray(0, -100));
    const script = `
import json, sys
sys.path.insert(0, "cluster")
import checkpoint, train
config = json.load(sys.stdin)
dino = train.Dino(config, 16)
dino.step = 20
print(train.last_step(dino, None), dino.config["training"]["stopAfter"])
dino.step = 40
for attempt in (lambda: train.share(dino, "cpu"), lambda: checkpoint.read_state(sys.argv[1]),
                lambda: train.last_step(dino, None), lambda: checkpoint.load(dino, {}, {})):
    try:
        attempt()
    except SystemExit as reason:
        print(reason)`;
    const config = JSON.stringify(
      applyOverrides(toy, { head: { batchNorm: 'before-gelu' }, training: { stopAfter: 20 } }),
    );
    const said = runPython(python, ['-c', script, cut], config).trim().split('\n');
    expect(said).toEqual([
      // Stopped early here, it goes on there to the end of its schedules, and is not finished when it comes back.
      '40 None',
      expect.stringMatching(/BatchNorm, which PyTorch shares between GPUs alone/),
      expect.stringMatching(/cut\.safetensors is not whole/),
      expect.stringMatching(/at step 40 of 40 .* training\.steps/),
      expect.stringMatching(/config\.json describes another network/),
    ]);
  });

  it('has our schedules, of every preset', () => {
    if (!python) return;
    const plans: { name: string; config: RunConfig; images: number; steps: number[] }[] = presetNames().map(
      (name) => {
        const images = 2000;
        const { totalSteps } = planRun(presetConfig(name), images);
        const steps = [0, 1, 2, 15, 16, 31, 32, 100, 299, 300, 301, 599].filter((step) => step < totalSteps);
        return { name, config: presetConfig(name), images, steps: [...steps, totalSteps - 1] };
      },
    );
    const script = `
import json, sys
sys.path.insert(0, "cluster")
from schedule import Schedule
out = []
for plan in json.load(sys.stdin):
    schedule = Schedule(plan["config"], plan["images"])
    out.append([schedule.stop, *[list(vars(schedule.at(step)).values()) for step in plan["steps"]]])
print(json.dumps(out))`;
    const theirs: number[][][] = JSON.parse(runPython(python, ['-c', script], JSON.stringify(plans)));
    const ours = plans.map(({ config, images, steps }) => {
      const plan = planRun(config, images);
      const schedule = planSchedule(scheduleSettings(config, plan));
      const rows = steps.map((step) => {
        const { lr, weightDecay, momentum, teacherTemp, frozen } = schedule.at(step);
        return [lr, weightDecay, momentum, teacherTemp, frozen];
      });
      return [plan.stopStep, ...rows];
    });
    const off = ours
      .flat(2)
      .map((value, i) => [Number(value), Number(theirs.flat(2)[i])])
      .map(([a = 0, b = Number.NaN]) => Math.abs(a - b) / (Math.abs(a) || 1));
    expect(off.length).toBe(theirs.flat(2).length);
    expect(Math.max(...off)).toBeLessThan(1e-12);
  });
});
