/** The official numbers on WebGPU: the machine's GPU, or Chromium's software adapter. */
import { expectParity } from './expect-parity.ts';

expectParity('webgpu', ['step-a', 'step-b', 'step-odd', 'step-bn']);
