/** `npm run bench`: seconds a step of a preset in Node, on the samples. */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { applyOverrides } from '../src/config/overrides.ts';
import { isPresetName, presetConfig, presetNames } from '../src/config/presets.ts';
import { stepWork } from '../src/config/work.ts';
import { TrainingRun } from '../src/trainer/training-run.ts';
import { isNodeBackend, NODE_BACKENDS, startBackend } from '../tools/node-backend.ts';
import { sampleCatalogue } from '../tools/sample-catalogue.ts';
import { restartWithDriver } from '../tools/vulkan.ts';
import { watchKernels } from './kernels.ts';

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
if (!isNodeBackend(backend) || !isPresetName(preset) || !Number.isInteger(steps) || steps < 1) {
  console.error(
    `Usage: npm run bench -- [--backend ${NODE_BACKENDS.join('|')}] [--preset ${presetNames().join('|')}] [--steps N] [--kernels] [--json]`,
  );
  process.exit(2);
}

if (backend === 'webgpu') restartWithDriver();

const config = applyOverrides(presetConfig(preset), { training: { steps: steps + 1 } });
const adapter = await startBackend(backend);
const run = new TrainingRun(config, sampleCatalogue(config.training.batchSize, 0));
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
