/** Looking at a run while it trains: attention snapshots, k-NN with its baselines, nearest neighbors. */
import type { RunConfig } from '../config/schema.ts';
import { pixelsOf } from '../core/pixels.ts';
import { wholeView } from '../data/augment.ts';
import type { Catalogue } from '../data/catalogue.ts';
import { patchRows } from '../data/view.ts';
import type { RunSnapshot } from '../dino/run-state.ts';
import { ACTIVATION_MAPS, activationMaps, placesASide } from '../eval/activation-maps.ts';
import { clsAttention } from '../eval/attention-maps.ts';
import { cosineFeatures, pixelFeatures } from '../eval/features.ts';
import { countCorrect, type Neighbor, nearest } from '../eval/knn.ts';
import { productLikeness } from '../eval/likeness.ts';
import { maskOfPatches, overlapByHead } from '../eval/mask-overlap.ts';
import type { Between } from '../eval/pace.ts';
import { initialNetwork } from '../model/border.ts';
import { disposeNetwork, type Tensors, tensorsOf } from '../model/network.ts';
import { type BackboneShape, featureWidth, isResNet, rowSide } from '../model/shapes.ts';
import { networkSpec } from '../model/specs.ts';
import type { AttentionSnapshot, KnnResult } from '../protocol/values.ts';
import { chosen, evalRows, idsOf, imageOf, pixelSide, scoredIds } from './evaluated-images.ts';
import { networkShape } from './run-settings.ts';

const EVALUATION_BATCH = 64;
/** Validation images whose masks the overlap is measured on. */
const OVERLAP_IMAGES = 32;

/** k-NN of one catalogue under one config; the baselines are computed once. */
export class KnnWatch {
  private readonly catalogue: Catalogue;
  private readonly config: RunConfig;
  private readonly train: number[];
  private readonly val: number[];
  private baselines: { pixels: number; untrained: number } | null = null;

  constructor(catalogue: Catalogue, config: RunConfig) {
    this.catalogue = catalogue;
    this.config = config;
    this.train = scoredIds(catalogue, config, 'train');
    this.val = scoredIds(catalogue, config, 'val');
  }

  /** Without labels or validation images there is nothing to score. */
  get possible(): boolean {
    return this.catalogue.classes.length > 1 && this.train.length > 0 && this.val.length > 0;
  }

  async measure(run: RunSnapshot, between: Between): Promise<KnnResult> {
    const { config } = this;
    const teacher = await this.scoreNetwork(tensorsOf(run.teacher), between);
    this.baselines ??= {
      pixels: await this.scorePixels(between),
      untrained: await this.scoreUntrained(between),
    };
    return {
      step: run.step,
      teacher,
      ...this.baselines,
      k: Math.min(config.evaluation.knnK, this.train.length),
      train: this.train.length,
      val: this.val.length,
      classes: this.catalogue.classes.length,
    };
  }

  private async scoreNetwork(tensors: Tensors, between: Between): Promise<number> {
    const features = (ids: number[]) => featuresOf(tensors, this.catalogue, this.config, ids, between);
    return this.score(
      await features(this.train),
      await features(this.val),
      featureWidth(this.config.backbone),
    );
  }

  private async scoreUntrained(between: Between): Promise<number> {
    const network = initialNetwork(networkSpec(networkShape(this.config)), this.config.training.seed);
    try {
      return await this.scoreNetwork(tensorsOf(network), between);
    } finally {
      disposeNetwork(network);
    }
  }

  private async scorePixels(between: Between): Promise<number> {
    await between();
    const side = pixelSide(this.config);
    const features = (ids: number[]) =>
      pixelFeatures(ids.length, evalRows(this.catalogue, this.config, ids, side, side));
    return this.score(features(this.train), features(this.val), 3 * side ** 2);
  }

  /** Percent of the validation images that are classified right. */
  private async score(train: Float32Array, val: Float32Array, width: number): Promise<number> {
    const { knnK: k, knnTemperature: temperature } = this.config.evaluation;
    const classes = this.catalogue.classes.length;
    const labelsOf = (ids: number[]) => ids.map((id) => imageOf(this.catalogue, id).label ?? -1);
    const trainLabels = labelsOf(this.train);
    const valLabels = labelsOf(this.val);
    let correct = 0;
    await productLikeness(
      val,
      train,
      width,
    )((similarities, first, rows) => {
      const labels = valLabels.slice(first, first + rows);
      correct += countCorrect(similarities, trainLabels, labels, { k, temperature, classes });
    });
    return (100 * correct) / this.val.length;
  }
}

function featuresOf(
  tensors: Tensors,
  catalogue: Catalogue,
  config: RunConfig,
  ids: number[],
  between: Between,
): Promise<Float32Array> {
  const evaluation = { batch: EVALUATION_BATCH, size: config.views.globalSize, between };
  return cosineFeatures(
    tensors,
    config.backbone,
    ids.length,
    evalRows(catalogue, config, ids, config.views.globalSize, rowSide(config.backbone)),
    evaluation,
  );
}

/** The training images most like image `id` in the teacher's eyes, without itself. */
export async function neighborsOf(
  run: RunSnapshot,
  catalogue: Catalogue,
  config: RunConfig,
  id: number,
  count: number,
  between: Between,
): Promise<{ id: number; similarity: number }[]> {
  const candidates = chosen(
    idsOf(catalogue, 'train', false),
    config.evaluation.knnTrain,
    config.training.seed,
    0,
  );
  const teacher = tensorsOf(run.teacher);
  const all = await featuresOf(teacher, catalogue, config, candidates, between);
  const query = await featuresOf(teacher, catalogue, config, [id], between);
  let found: Neighbor[] = [];
  await productLikeness(
    query,
    all,
    featureWidth(config.backbone),
  )((similarities) => {
    found = nearest(similarities, count, candidates.indexOf(id));
  });
  return found.map(({ index, similarity }) => ({ id: candidates[index] ?? 0, similarity }));
}

/** How a network shows where it looks: heads of attention, or a ResNet's maps of activation. */
function mapsOf(shape: BackboneShape, size: number) {
  return isResNet(shape)
    ? {
        kind: { kind: 'activation' as const },
        heads: ACTIVATION_MAPS,
        side: placesASide(shape, size),
        make: (tensors: Tensors, rows: Float32Array, images: number) =>
          activationMaps(tensors, shape, rows, images, size),
      }
    : {
        kind: {},
        heads: shape.heads,
        side: size / shape.patchSize,
        make: (tensors: Tensors, rows: Float32Array, images: number) =>
          clsAttention(tensors, shape, rows, images, size),
      };
}

/** Attention of student and teacher on the pinned images, and its overlap with the true masks where there are any. */
export async function attentionSnapshot(
  run: RunSnapshot,
  catalogue: Catalogue,
  config: RunConfig,
  pinned: readonly number[],
): Promise<AttentionSnapshot> {
  const { backbone, views } = config;
  const { kind, heads, side, make } = mapsOf(backbone, views.globalSize);
  const shown = pinned.filter((id) => catalogue.images[id] !== undefined);
  const judged = idsOf(catalogue, 'val', false)
    .filter((id) => imageOf(catalogue, id).mask !== null)
    .slice(0, OVERLAP_IMAGES);
  const ids = [...shown, ...judged];
  const pictures = ids.map((id) => wholeView(imageOf(catalogue, id), views.globalSize));
  const rows = patchRows(pictures, rowSide(backbone));
  const size = heads * side * side;
  const none = new Float32Array(0);
  const student = ids.length > 0 ? await make(tensorsOf(run.student), rows, ids.length) : none;
  const teacher = ids.length > 0 ? await make(tensorsOf(run.teacher), rows, ids.length) : none;
  const maskOf = (id: number) => {
    const { mask, width, height } = imageOf(catalogue, id);
    return mask && width === height ? maskOfPatches(mask, width, side) : null;
  };
  const masks = judged.flatMap((id) => maskOf(id) ?? []);
  const overlap = (all: Float32Array) => overlapByHead(all.subarray(shown.length * size), masks, heads);
  return {
    step: run.step,
    ...kind,
    heads,
    rows: side,
    columns: side,
    images: shown.flatMap((id, i) => {
      const picture = pictures[i];
      if (!picture) return [];
      return {
        id,
        pixels: pixelsOf(picture),
        student: student.slice(i * size, (i + 1) * size),
        teacher: teacher.slice(i * size, (i + 1) * size),
        mask: maskOf(id),
      };
    }),
    overlap:
      masks.length > 0
        ? { student: overlap(student), teacher: overlap(teacher), images: masks.length }
        : null,
  };
}
