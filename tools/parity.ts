/**
 * `npm run parity -- FILE.safetensors … [--backend cpu|wasm|webgpu]`: our step against official numbers; in place of a
 * file `nano` compares twenty steps of that preset with those of the plain compositions.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isNodeBackend, startBackend } from './node-backend.ts';
import { compareWithFixture, type Quantity } from './parity/compare.ts';
import { readStepFixture } from './parity/fixture.ts';
import { nanoLosses, plainNanoLosses, worstLoss } from './parity/nano.ts';
import { restartWithDriver } from './vulkan.ts';

/** Roundings grow from step to step. */
const NANO_TOLERANCE = 1e-3;

function line({ name, error, tolerance, measure, passed }: Quantity): string {
  const verdict = passed ? 'ok  ' : 'FAIL';
  return `  ${verdict} ${name.padEnd(34)} ${error.toExponential(1).padStart(8)}  ≤ ${tolerance.toExponential(1)}  ${measure}`;
}

async function compareNano(): Promise<Quantity[]> {
  const plain = plainNanoLosses();
  const error = worstLoss(await nanoLosses(plain.length, { plain: false }), plain);
  const name = `losses of ${plain.length} steps`;
  return [
    { name, error, tolerance: NANO_TOLERANCE, measure: 'worst, relative', passed: error < NANO_TOLERANCE },
  ];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { backend: { type: 'string', default: 'cpu' } },
});
const { backend } = values;
if (positionals.length === 0 || !isNodeBackend(backend)) {
  console.error('Usage: npm run parity -- FILE.safetensors|nano … [--backend cpu|wasm|webgpu]');
  process.exit(2);
}

if (backend === 'webgpu') restartWithDriver();

const adapter = await startBackend(backend);
let failed = 0;
for (const path of positionals) {
  console.log(`${path} on ${backend} (${adapter})`);
  const quantities =
    path === 'nano' ? await compareNano() : await compareWithFixture(readStepFixture(readFileSync(path)));
  for (const quantity of quantities) console.log(line(quantity));
  failed += quantities.filter((quantity) => !quantity.passed).length;
}
console.log(failed === 0 ? 'All quantities agree.' : `${failed} quantities disagree.`);
process.exit(failed === 0 ? 0 : 1);
