/** The official numbers on tfjs's wasm backend. */
import { expectParity } from './expect-parity.ts';

expectParity('wasm', ['step-a', 'step-b', 'step-odd', 'step-bn', 'step-resnet18', 'step-resnet50']);
