/** Fills the stores with an invented run, as the trainer's events would. */
import { runConfigSchema } from '../../../src/config/schema.ts';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import type { Crops, StepMetrics } from '../../../src/protocol/values.ts';
import { apply } from '../../../src/state/apply.ts';
import { attention, CLASSES, coverage, render, sceneOf, WHOLE } from './pictures.ts';

export interface Scenario {
  steps: number;
  collapsed: boolean;
  labels: boolean;
  snapshot: boolean;
  heads: number;
  /** Image size of crops and maps. */
  width: number;
  height: number;
}

const TOTAL = 600;

export function fill(scenario: Scenario): void {
  const config = runConfigSchema.parse({
    head: { prototypes: 256 },
    backbone: { dim: 96, heads: 3, depth: 4, patchSize: 4 },
    views: { globalSize: 32, localSize: 16, localCount: 4 },
  });
  const total = Math.max(TOTAL, scenario.steps);
  apply({ type: 'run-started', id: 1, step: 0, parent: null, config });
  apply({
    type: 'dataset',
    summary: {
      name: 'Invented',
      source: 'own',
      train: 200,
      val: 40,
      classes: scenario.labels ? CLASSES : [],
      classCounts: scenario.labels ? CLASSES.map(() => ({ train: 50, val: 10 })) : [],
      split: 'invented',
      skipped: [],
      bytes: 1e6,
      budgetBytes: 1e9,
      workingSide: 64,
      hasMasks: true,
      fingerprint: 'invented',
    },
  });
  apply({
    type: 'status',
    status: {
      phase: 'paused',
      step: scenario.steps,
      totalSteps: total,
      stepsPerEpoch: 12,
      imagesPerSecond: 30,
      secondsLeft: 60,
      parameters: 5e5,
      tensors: 100,
      tensorBytes: 1e7,
      dispatches: null,
      notRecorded: null,
      views: 'workers',
    },
  });
  schedules(total);
  metrics(0, scenario.steps, scenario.collapsed);
  apply({
    type: 'cards',
    cards: Array.from({ length: 240 }, (_, id) => ({
      id,
      path: `train/${CLASSES[sceneOf(id).label]}/${String(id).padStart(4, '0')}.png`,
      split: id < 200 ? 'train' : 'val',
      label: scenario.labels ? (CLASSES[sceneOf(id).label] ?? null) : null,
      thumbnail: render(id, 64, Math.round((64 * scenario.height) / scenario.width), WHOLE),
    })),
  });
  apply({ type: 'crops', crops: crops(3, scenario) });
  if (scenario.snapshot) evaluate(scenario);
}

export function metrics(from: number, to: number, collapsed = false): void {
  const draw = rng(2, PURPOSE.evaluation, from);
  const lnK = Math.log(256);
  const rows: StepMetrics[] = [];
  for (let step = from + 1; step <= to; step++) {
    const fall = collapsed ? 0 : 1 - Math.exp(-step / 140);
    const entropy = collapsed ? lnK * 0.995 : lnK * (0.62 - 0.18 * fall);
    const loss = lnK * (1 - 0.42 * fall) + (collapsed ? 0.008 : 0.12) * draw.normal();
    rows.push({
      step,
      epoch: step / 12,
      loss,
      lr: 1e-3,
      weightDecay: 0.04,
      momentum: 0.99,
      teacherTemp: 0.02,
      teacherEntropy: entropy + 0.05 * draw.normal(),
      kl: Math.max(0, loss - entropy),
      featureSpread: collapsed ? 0.004 : 0.06 + 0.035 * fall + 0.002 * draw.normal(),
      gradNorm: 1.1 + 0.5 * fall + Math.abs(0.3 * draw.normal()) + (step % 97 === 0 ? 2.5 : 0),
      seconds: 0.3,
    });
  }
  apply({ type: 'metrics', rows });
}

function schedules(total: number): void {
  const steps = Array.from({ length: 201 }, (_, i) => Math.round((i * total) / 200));
  const cosine = (from: number, to: number, at: number) =>
    to + ((from - to) * (1 + Math.cos(Math.PI * at))) / 2;
  apply({
    type: 'schedules',
    curves: {
      steps,
      lr: steps.map((s) => {
        const warm = total * 0.1;
        return s < warm ? (1e-3 * s) / warm : cosine(1e-3, 1e-6, (s - warm) / (total - warm));
      }),
      weightDecay: steps.map((s) => cosine(0.04, 0.4, s / total)),
      momentum: steps.map((s) => cosine(0.99, 1, s / total)),
      teacherTemp: steps.map((s) => (s < total * 0.3 ? 0.02 + (0.02 * s) / (total * 0.3) : 0.04)),
    },
  });
}

export function crops(id: number, { width, height }: Pick<Scenario, 'width' | 'height'>, epoch = 0): Crops {
  const draw = rng(1, PURPOSE.crop, epoch, id);
  const view = (kind: 'global' | 'local', index: number): Crops['views'][number] => {
    const share = kind === 'global' ? draw.between(0.45, 0.9) : draw.between(0.08, 0.35);
    const aspect = Math.exp(draw.between(-0.28, 0.28));
    const w = Math.min(1, Math.sqrt(share * aspect));
    const h = Math.min(1, Math.sqrt(share / aspect));
    const box = { left: draw.uniform() * (1 - w), top: draw.uniform() * (1 - h), width: w, height: h };
    const side = kind === 'global' ? 32 : 16;
    return {
      kind,
      index,
      box: { left: box.left * width, top: box.top * height, width: w * width, height: h * height },
      applied: [
        `crop ${Math.round(w * width)} × ${Math.round(h * height)} at (${Math.round(box.left * width)}, ${Math.round(box.top * height)})`,
        `resized to ${side} × ${side}`,
        ...(draw.uniform() < 0.5 ? ['flip'] : []),
        `contrast × ${draw.between(0.6, 1.4).toFixed(2)}`,
        `brightness × ${draw.between(0.6, 1.4).toFixed(2)}`,
        `hue ${draw.between(-0.1, 0.1).toFixed(3)}`,
        ...(index === 1 ? ['solarize at 128'] : []),
      ],
      pixels: render(id, side, side, box, draw.between(0.5, 1.1)),
    };
  };
  const original = render(id, width, height, WHOLE);
  return {
    id,
    epoch,
    original,
    views: [
      view('global', 0),
      view('global', 1),
      ...Array.from({ length: 4 }, (_, i) => view('local', i + 2)),
    ],
    alone: ['flip', 'brightness', 'contrast', 'saturation', 'hue', 'grayscale', 'blur', 'solarize'].map(
      (name, i) => ({
        name,
        detail: `strength ${(0.2 + i / 10).toFixed(1)}, probability 0.${(i % 8) + 2}`,
        off: original,
        on: render(id, width, height, WHOLE, 0.2 + i / 10),
      }),
    ),
  };
}

export function evaluate({ heads, width, height, steps }: Scenario): void {
  const rows = Math.round(height / 8);
  const columns = Math.round(width / 8);
  apply({
    type: 'attention',
    snapshot: {
      step: Math.max(0, steps - 12),
      heads,
      rows,
      columns,
      images: Array.from({ length: 8 }, (_, id) => ({
        id,
        pixels: render(id, columns * 4, rows * 4, WHOLE),
        student: attention(id, heads, rows, columns, 4),
        teacher: attention(id, heads, rows, columns, 12),
        mask: coverage(id, rows, columns),
      })),
      overlap: {
        teacher: Array.from({ length: heads }, (_, i) => (i === 1 ? 2.9 : 0.9 + 0.3 * i)),
        student: Array.from({ length: heads }, (_, i) => (i === 1 ? 2.1 : 0.8 + 0.3 * i)),
        images: 64,
      },
    },
  });
  const draw = rng(9, PURPOSE.evaluation);
  for (let step = 0; step <= Math.min(steps, 5000); step += 25)
    apply({
      type: 'knn',
      result: {
        step,
        teacher: 61.5 + 25 * (1 - Math.exp(-step / 90)) + draw.normal(),
        pixels: 39,
        untrained: 61.5,
        k: 20,
        train: 2000,
        val: 400,
        classes: 8,
      },
    });
  apply({
    type: 'neighbours',
    neighbours: {
      id: 3,
      step: steps,
      neighbours: Array.from({ length: 12 }, (_, i) => ({ id: 10 + 3 * i, similarity: 0.98 - 0.02 * i })),
    },
  });
}
