/** `npm run bench`: seconds a step of a preset in Node, on the samples. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { applyOverrides } from '../src/config/overrides.ts';
import { isPresetName, presetConfig, presetNames } from '../src/config/presets.ts';
import type { Catalogue } from '../src/data/catalogue.ts';
import { SAMPLE_CLASSES, SAMPLE_SIDE } from '../src/data/samples.ts';
import { makeRange } from '../src/data/samples-range.ts';
import { TrainingRun } from '../src/trainer/training-run.ts';
import { NODE_BACKENDS, type NodeBackend, startBackend } from '../tools/node-backend.ts';
import { vulkanEnvironment } from '../tools/vulkan.ts';
import { watchKernels } from './kernels.ts';
import { stepWork } from './work.ts';

const isBackend = (name: string): name is NodeBackend => NODE_BACKENDS.some((backend) => backend === name);

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'wasm' },
    preset: { type: 'string', default: 'nano' },
    steps: { type: 'string', default: '5' },
    kernels: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const { backend, preset } = values;
const steps = Number(values.steps);
if (!isBackend(backend) || !isPresetName(preset) || !Number.isInteger(steps) || steps < 1) {
  console.error(
    `Usage: npm run bench -- [--backend ${NODE_BACKENDS.join('|')}] [--preset ${presetNames().join('|')}] [--steps N] [--kernels] [--json]`,
  );
  process.exit(2);
}

const driver = backend === 'webgpu' ? vulkanEnvironment() : {};
if (Object.keys(driver).length > 0) {
  const again = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...driver },
    stdio: 'inherit',
  });
  process.exit(again.status ?? 1);
}

/** As many samples as one batch needs. */
function samplesFor(count: number): Catalogue {
  const { samples } = makeRange({ seed: 0, split: 'train', from: 0, to: count, tinted: false });
  const images = samples.map(({ label, rgba, mask }, i) => ({
    path: String(i),
    split: 'train' as const,
    width: SAMPLE_SIDE,
    height: SAMPLE_SIDE,
    label,
    rgba,
    mask,
  }));
  return {
    name: 'samples',
    source: 'samples',
    classes: [...SAMPLE_CLASSES],
    images,
    trainCount: count,
    split: '',
    skipped: [],
    bytes: 0,
    budgetBytes: 0,
    workingSide: SAMPLE_SIDE,
    fingerprint: '',
  };
}

const config = applyOverrides(presetConfig(preset), { training: { steps: steps + 1 } });
const adapter = await startBackend(backend);
const run = new TrainingRun(config, samplesFor(config.training.batchSize));
const begun = performance.now();
await run.prepare();
await run.advance().figures;
const first = (performance.now() - begun) / 1000;

const kernels = values.kernels ? watchKernels(backend) : null;
const seconds: number[] = [];
for (let step = 0; step < steps; step++) {
  const at = performance.now();
  await run.advance().figures;
  seconds.push((performance.now() - at) / 1000);
}
const sorted = [...seconds].sort((a, b) => a - b);
const median = sorted[Math.floor(steps / 2)] ?? 0;
const work = stepWork(config);
const { numTensors, numBytes } = tf.memory();
const report = {
  backend,
  adapter,
  preset,
  parameters: run.parameters,
  firstStepSeconds: first,
  medianSeconds: median,
  minSeconds: sorted[0] ?? 0,
  maxSeconds: sorted.at(-1) ?? 0,
  imagesPerSecond: config.training.batchSize / median,
  gflopPerStep: work.gflop,
  gflopPerSecond: work.gflop / median,
  tokens: work.tokens,
  tensors: numTensors,
  megabytes: numBytes / 2 ** 20,
  kernels: kernels?.report(steps) ?? [],
};

if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log(`${preset} on ${backend} (${adapter}), ${steps} steps after the first`);
  console.log(`  first step, with preparation   ${first.toFixed(2)} s`);
  console.log(
    `  a step   median ${median.toFixed(3)} s, ${report.minSeconds.toFixed(3)}–${report.maxSeconds.toFixed(3)} s`,
  );
  console.log(
    `  ${report.imagesPerSecond.toFixed(1)} images/s, ${report.gflopPerSecond.toFixed(2)} GFLOP/s of ${work.gflop.toFixed(2)} GFLOP a step`,
  );
  console.log(`  ${numTensors} tensors, ${report.megabytes.toFixed(1)} MB between steps`);
  for (const { name, milliseconds, calls } of report.kernels)
    console.log(`  ${name.padEnd(24)} ${milliseconds.toFixed(1).padStart(8)} ms a step in ${calls} calls`);
}
process.exit(0);
