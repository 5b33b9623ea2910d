/** Compiles the WASM kernels before the first test: otherwise every process of the test run would. */
import { buildKernels } from '../tools/wasm-kernels.ts';

export default async function setup(): Promise<void> {
  await buildKernels();
}
