/** The layers of the networks out of stock tfjs ops, as a careful user of tfjs writes them. */
import * as tf from '@tensorflow/tfjs-core';

export type Tensors = ReadonlyMap<string, tf.Tensor>;

const LAYER_NORM_EPSILON = 1e-6;
const BATCH_NORM_EPSILON = 1e-5;
const NORM_FLOOR = 1e-12;
/** Beyond this many rows tfjs's WebGPU softmax writes wrong values. */
const SOFTMAX_ROWS = 65_535;

const constants = new Map<number, tf.Scalar>();

/** A number that is uploaded once, and not at every use. */
export function constant(value: number): tf.Scalar {
  const held = constants.get(value);
  if (held) return held;
  const made = tf.keep(tf.scalar(value));
  constants.set(value, made);
  return made;
}

export function named(tensors: Tensors, name: string): tf.Tensor {
  const found = tensors.get(name);
  if (!found) throw new RangeError(`There is no "${name}"`);
  return found;
}

const widthOf = (x: tf.Tensor): number => x.shape.at(-1) ?? 1;

/** x·w + b over the last axis: [..., in] → [..., out]. As a 2-d product, since tfjs's gradient of 3-d × 2-d throws. */
export function dense(p: Tensors, name: string, x: tf.Tensor, biased = true): tf.Tensor {
  const w = named(p, `${name}.weight`);
  const a = tf.reshape<tf.Rank.R2>(x, [x.size / widthOf(x), widthOf(x)]);
  const y = biased
    ? tf.fused.matMul({ a, b: w, bias: named(p, `${name}.bias`) }) // [rows, out]
    : tf.matMul(a, w);
  return tf.reshape(y, [...x.shape.slice(0, -1), widthOf(w)]);
}

/** The same for data: the product and the sum apart, as tfjs then computes no gradient of x. */
export function denseOfData(p: Tensors, name: string, x: tf.Tensor): tf.Tensor {
  const w = named(p, `${name}.weight`);
  const a = tf.reshape<tf.Rank.R2>(x, [x.size / widthOf(x), widthOf(x)]);
  const y = tf.add(tf.matMul(a, w), named(p, `${name}.bias`)); // [rows, out]
  return tf.reshape(y, [...x.shape.slice(0, -1), widthOf(w)]);
}

export function layerNorm(p: Tensors, name: string, x: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, constant(LAYER_NORM_EPSILON))));
  return tf.add(tf.mul(normal, named(p, `${name}.weight`)), named(p, `${name}.bias`));
}

/** Statistics of the batch, each [n]. */
export interface BatchMoments {
  mean: tf.Tensor;
  variance: tf.Tensor;
}

/** x [rows, n] normalised over the rows; `seen` gets the statistics. */
export function batchNorm(
  p: Tensors,
  name: string,
  x: tf.Tensor,
  seen: (name: string, moments: BatchMoments) => void,
): tf.Tensor {
  const { mean, variance } = tf.moments(x, 0);
  seen(name, { mean, variance });
  const normal = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, constant(BATCH_NORM_EPSILON))));
  return tf.add(tf.mul(normal, named(p, `${name}.weight`)), named(p, `${name}.bias`));
}

/** x·Φ(x), with erf. */
export function gelu(x: tf.Tensor): tf.Tensor {
  const twiceCdf = tf.add(tf.erf(tf.mul(x, constant(Math.SQRT1_2))), constant(1));
  return tf.mul(tf.mul(x, constant(0.5)), twiceCdf);
}

/** Rows of length 1: [rows, n] → [rows, n]. */
export function l2Normalize(x: tf.Tensor): tf.Tensor {
  return tf.div(x, tf.maximum(tf.sqrt(tf.sum(tf.square(x), 1, true)), constant(NORM_FLOOR)));
}

/** torch's weight_norm over rows: v [K, n], g [K, 1] → [K, n]. */
export function weightNorm(v: tf.Tensor, g: tf.Tensor): tf.Tensor {
  return tf.mul(v, tf.div(g, tf.sqrt(tf.sum(tf.square(v), 1, true))));
}

/** Over the last axis. */
export function softmax(x: tf.Tensor): tf.Tensor {
  if (x.size / widthOf(x) <= SOFTMAX_ROWS) return tf.softmax(x);
  const exponents = tf.exp(tf.sub(x, tf.max(x, -1, true)));
  return tf.div(exponents, tf.sum(exponents, -1, true));
}

/** x [B, N, D] → [B, N, D]. */
export function selfAttention(
  p: Tensors,
  name: string,
  x: tf.Tensor,
  heads: number,
  qkvBias: boolean,
): tf.Tensor {
  const [batch = 0, length = 0, dim = 0] = x.shape;
  const width = dim / heads;
  const [q, k, v] = tf
    .split(dense(p, `${name}.qkv`, x, qkvBias), 3, -1)
    .map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, width]), [0, 2, 1, 3])); // [B, H, N, d]
  if (!q || !k || !v) throw new RangeError('The projection did not fall into three');
  const scores = tf.matMul(tf.mul(q, constant(1 / Math.sqrt(width))), k, false, true); // [B, H, N, N]
  const mixed = tf.matMul(softmax(scores), v); // [B, H, N, d]
  return dense(p, `${name}.proj`, tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, dim]));
}
