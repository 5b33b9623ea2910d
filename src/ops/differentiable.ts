/** How an op states its value together with its gradient. */
import * as tf from '@tensorflow/tfjs-core';

export interface Differentiable<T extends tf.Tensor, S extends readonly tf.Tensor[]> {
  value: T;
  /** What the gradient needs, inputs too: everything else may be freed before the backward pass begins. */
  saved: S;
  /** Given dL/dvalue and `saved`, dL/dinput for every input, in their order. */
  gradient: (dy: T, saved: S) => tf.Tensor[];
}

/** Whether the backward pass has made the tensor itself, and it was not given to it. */
const isOfThisPass = (tensor: tf.Tensor): boolean =>
  !tensor.kept && tensor.scopeId === tf.engine().state.activeScope.id;

/** Runs `forward` as one node of the tape. */
export function differentiable<T extends tf.Tensor, const S extends readonly tf.Tensor[]>(
  inputs: readonly tf.Tensor[],
  forward: () => Differentiable<T, S>,
): T {
  const op = tf.customGrad<T>((...args) => {
    const save = args[args.length - 1];
    if (typeof save !== 'function') throw new TypeError('tfjs did not pass a gradient saver');
    const { value, saved, gradient } = forward();
    save([...saved]);
    const gradFunc = (dy: T, clones: tf.Tensor[]): tf.Tensor[] => {
      // tfjs hands back clones of what was saved, in its order, so the tuple type carries over.
      const gradients = tf.tidy(() => gradient(dy, clones as tf.Tensor[] & S));
      // tfjs would hold all of these until the backward pass is over, and with them most of its memory.
      tf.dispose(clones);
      if (isOfThisPass(dy) && !gradients.includes(dy)) dy.dispose();
      return gradients;
    };
    return { value, gradFunc };
  });
  return op(...inputs);
}

export interface DifferentiableBeside<
  T extends tf.Tensor,
  X extends tf.Tensor,
  S extends readonly tf.Tensor[],
> {
  value: T;
  saved: S;
  /** Given dL/dvalue and the gradient of the input's other use too. */
  gradient: (dy: T, beside: X, saved: S) => tf.Tensor[];
}

/**
 * The same for an op whose first input x goes on beside its value, as in a residual connection: returns [value, x], and
 * the gradient gets those of both uses, which the tape would otherwise add up in a pass of its own.
 */
export function differentiableBeside<
  T extends tf.Tensor,
  X extends tf.Tensor,
  const S extends readonly tf.Tensor[],
>(inputs: readonly [X, ...tf.Tensor[]], forward: () => DifferentiableBeside<T, X, S>): [T, X] {
  // tf.customGrad knows one output only; what it calls knows several.
  const run: unknown = Reflect.get(tf.engine(), 'runKernelFunc');
  if (typeof run !== 'function') throw new TypeError('This tfjs has no runKernelFunc');
  let gradient: DifferentiableBeside<T, X, S>['gradient'] | null = null;
  const node = {
    inputs: Object.fromEntries(inputs.entries()),
    forwardFunc: (_: unknown, save: (tensors: tf.Tensor[]) => void) => {
      const made = forward();
      gradient = made.gradient;
      save([...made.saved]);
      return [made.value, tf.clone(inputs[0])];
    },
    backwardsFunc: ([dy, beside]: [T, X], clones: tf.Tensor[]) => {
      const gradients = tf.tidy(() => gradient?.(dy, beside, clones as tf.Tensor[] & S) ?? []);
      tf.dispose(clones);
      for (const given of [dy, beside])
        if (isOfThisPass(given) && !gradients.includes(given)) given.dispose();
      return Object.fromEntries(gradients.map((one, i) => [i, () => one]));
    },
  };
  return Reflect.apply(run, tf.engine(), [node]);
}
