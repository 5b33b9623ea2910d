/** The official numbers on tfjs's cpu backend. */
import { expectParity } from './expect-parity.ts';

expectParity('cpu', ['step-a', 'step-b', 'step-odd', 'step-bn']);
