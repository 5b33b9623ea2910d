/** Which images the network puts together by itself, and how far that agrees with the classes where there are any. */
import { normalizedMutualInformation, purity } from '../../eval/agreement.ts';
import type { FindingOf, Study } from '../../protocol/studies.ts';
import type { Findings } from './knn.ts';
import { unitRows } from './likeness.ts';
import type { ResultOf } from './numerics-messages.ts';
import { besideBaselines, type Figure, type Measured } from './scores.ts';
import { type Features, inWords, type Split, TURN, type Who, type Workbench } from './workbench.ts';

type ClusterStudy = Extract<Study, { kind: 'clusters' }>;

/** Without classes. */
const COUNT = 10;
const RESTARTS = 10;
/** Raw pixels are clustered at this size at most. */
const PIXELS = 16;

export async function clusterStudy(study: ClusterStudy, bench: Workbench): Promise<Findings> {
  const { classes } = bench.catalogue;
  const labelled = classes.length > 1;
  const images = bench.split('train', labelled);
  const n = images.ids.length;
  const wanted = study.count ?? (labelled ? classes.length : COUNT);
  const count = Math.min(wanted, n);
  const measure = async (who: Who): Promise<Measured<FindingOf<'clusters'>>> => {
    const side = Math.min(PIXELS, bench.pixelSide);
    const features = unitRows(await bench.features(who, images.ids, 1, side));
    bench.say(`k-means, ${TURN[who]}`);
    const { seed } = bench.config.training;
    const found = await bench.numerics<'clusters'>({
      task: 'clusters',
      ...features,
      count,
      seed,
      restarts: RESTARTS,
    });
    const clusters = described(found, features, images, classes);
    const figures: Figure[] = [
      { method: 'purity', unit: 'index', n, value: purity(found.assignment, images.labels) },
      {
        method: 'normalised mutual information',
        unit: 'index',
        n,
        value: normalizedMutualInformation(found.assignment, images.labels),
      },
    ];
    return { figures, found: { kind: 'clusters', clusters } };
  };
  const { scores, found } = labelled
    ? await besideBaselines(measure)
    : { scores: [], found: (await measure('network')).found };
  return {
    train: n,
    val: 0,
    classes: classes.length,
    scores,
    notes: [
      `${inWords(n)} training images in ${count} clusters, the best of ${RESTARTS} starts; features of unit length.`,
    ],
    finding: found,
  };
}

function described(
  { assignment, centers }: ResultOf<'clusters'>,
  { rows, width }: Features,
  { ids, labels }: Split,
  classes: readonly string[],
): FindingOf<'clusters'>['clusters'] {
  const distance = (i: number, cluster: number): number => {
    let sum = 0;
    for (let j = 0; j < width; j++)
      sum += ((rows[i * width + j] ?? 0) - (centers[cluster * width + j] ?? 0)) ** 2;
    return sum;
  };
  return Array.from({ length: centers.length / width }, (_, cluster) => {
    const members = ids
      .map((id, i) => ({ id, i, label: labels[i] ?? -1 }))
      .filter(({ i }) => assignment[i] === cluster)
      .map((member) => ({ ...member, far: distance(member.i, cluster) }))
      .sort((a, b) => a.far - b.far);
    const counts = classes.map((_, label) => members.filter((member) => member.label === label).length);
    const most = Math.max(0, ...counts);
    return {
      ids: members.map(({ id }) => id),
      label: most > 0 ? (classes[counts.indexOf(most)] ?? null) : null,
      share: most > 0 ? most / members.length : null,
    };
  }).sort((a, b) => b.ids.length - a.ids.length);
}
