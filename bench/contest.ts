/** Both sides in turn, on the same weights and views: first that they compute the same, then how long each takes. */
import type { RunConfig } from '../src/config/schema.ts';
import { stepWork } from '../src/config/work.ts';
import { Asking, COMPARED } from './asking.ts';
import { idealBytes } from './bytes.ts';
import type { BackendName, Contestant, Given, Peak, StepFigures } from './contestant.ts';
import { type Report, ratiosOf, sideOf, spreadOf, type Torch } from './report.ts';
import { twelveBlocks } from './setup.ts';
import { slopeOf, slopePoints } from './slopes.ts';

export interface ContestOptions {
  name: string;
  config: RunConfig;
  backend: BackendName;
  threads: number;
  /** Naive steps to time after the warm-up; null: as many as a few seconds allow, two at the least. */
  naiveSteps: number | null;
  slopes: boolean;
  /** Counts the dispatches of a step with twelve blocks, where this one has others. */
  twelve: boolean;
  /** Times each kernel of our step by itself. */
  profile: boolean;
  /** Times the step in PyTorch from the same weights and views; resolves to null where there is none. */
  torch: (given: Given) => Promise<Torch | null>;
  say: (line: string) => void;
}

/** The same step from the same weights and views came out differently. */
export class UnequalLossesError extends Error {
  constructor(
    readonly ours: readonly number[],
    readonly other: readonly number[],
    who: string,
  ) {
    super(
      `The losses differ by more than ${TOLERANCE} of themselves: ours ${ours.join(', ')}; ${who} ${other.join(', ')}. The times would mean nothing.`,
    );
    this.name = 'UnequalLossesError';
  }
}

/** Relative. Two orders of f32 sums, and AdamW's division by the root of tiny second moments, stay below. */
export const TOLERANCE = 1e-3;
/** The first step, the one that is recorded, and the first replay. */
const OUR_WARM_UPS = 3;
/** Seconds that a side may take in a round. */
const ROUND_SECONDS = 3;
const MOST_STEPS_A_ROUND = 50;
const ROUNDS = 4;
/** Steps that are given to an idle device, each after the one before has ended, for the time that JavaScript takes. */
const ALONE_STEPS = 5;
const SHARE_ROUNDS = 3;
const SLOPE_STEPS = 3;
const SLOPE_SECONDS = 1;

/** Largest relative difference of the losses that both have. */
export function worstDifference(ours: readonly number[], naive: readonly number[]): number {
  const shared = Math.min(ours.length, naive.length);
  const each = ours
    .slice(0, shared)
    .map((loss, i) => Math.abs(loss - (naive[i] ?? Number.NaN)) / Math.abs(loss));
  const worst = each.reduce((a, b) => Math.max(a, b), 0);
  return each.some(Number.isNaN) ? Number.NaN : worst;
}

function requireEqual(ours: readonly number[], other: readonly number[], who: string): void {
  // Written so that a NaN fails.
  if (!(worstDifference(ours, other) <= TOLERANCE)) throw new UnequalLossesError(ours, other, who);
}

const lossesOf = (steps: readonly StepFigures[]) => steps.map(({ loss }) => loss);

interface Timing {
  warmUps: StepFigures[];
  steps: StepFigures[];
}

const stepsIn = (seconds: number, aStep: number, least: number) =>
  Math.min(MOST_STEPS_A_ROUND, Math.max(least, Math.round(seconds / aStep)));

/** One round after the other, ours and naive in turn, so that what slows the machine slows both. */
async function timeInTurn(
  ours: Asking,
  naive: Asking | null,
  mine: Timing,
  theirs: Timing,
  { naiveSteps, slopes, say }: ContestOptions,
): Promise<void> {
  const ourStep = mine.warmUps.at(-1)?.seconds ?? 1;
  const naiveStep = theirs.warmUps.at(-1)?.seconds ?? 1;
  const perRound =
    naiveSteps === null ? stepsIn(ROUND_SECONDS, naiveStep, 1) : Math.ceil(naiveSteps / ROUNDS);
  const wanted = naiveSteps ?? (naiveStep > ROUND_SECONDS ? 2 : perRound * ROUNDS);
  const roundsAlone = slopes ? ROUNDS : 1;
  const rounds = naive ? Math.ceil(wanted / perRound) : roundsAlone;
  const ourSeconds = naive ? Math.min(ROUND_SECONDS, perRound * naiveStep) : ROUND_SECONDS;
  const oursPerRound = stepsIn(ourSeconds, ourStep, Math.max(2, perRound));
  for (let round = 0; round < rounds; round++) {
    mine.steps.push(...(await ours.run(oursPerRound)));
    if (!naive) continue;
    theirs.steps.push(...(await naive.run(Math.min(perRound, wanted - theirs.steps.length))));
    say(
      `round ${round + 1} of ${rounds}: ours ${spreadOf(mine.steps.map((s) => s.seconds)).median.toFixed(4)} s, naive ${spreadOf(theirs.steps.map((s) => s.seconds)).median.toFixed(3)} s a step`,
    );
  }
}

async function slopesOf(
  ours: Asking,
  base: RunConfig,
  say: (line: string) => void,
): Promise<Report['slopes']> {
  const points = new Map<string, { at: number; seconds: number }[]>();
  for (const { axis, at, config, images } of slopePoints(base)) {
    await ours.begin(config, images, null);
    const warm = (await ours.run(OUR_WARM_UPS)).at(-1)?.seconds ?? 1;
    const timed = await ours.run(stepsIn(SLOPE_SECONDS, warm, SLOPE_STEPS));
    const seconds = spreadOf(timed.map((step) => step.seconds)).median;
    await ours.end();
    points.set(axis, [...(points.get(axis) ?? []), { at, seconds }]);
    say(`slope, ${axis}: ${at} → ${seconds.toFixed(4)} s a step`);
  }
  return [...points].map(([axis, along]) => slopeOf(axis, along));
}

/** Dispatches of a step with twelve blocks and two resolutions; null where they are not counted. */
async function dispatchesAtTwelve(
  ours: Asking,
  own: readonly StepFigures[],
  { config, backend, twelve, say }: ContestOptions,
): Promise<number | null> {
  const dispatches = (steps: readonly StepFigures[]) => steps.at(-1)?.gpu?.dispatches ?? null;
  if (config.backbone.depth === 12 && config.views.localCount > 0) return dispatches(own);
  if (!twelve || backend !== 'webgpu') return null;
  say('counting the dispatches of twelve blocks');
  const deep = twelveBlocks();
  await ours.begin(deep, 4 * deep.training.batchSize, null);
  const steps = await ours.run(OUR_WARM_UPS);
  await ours.end();
  return dispatches(steps);
}

const best = (peak: Peak) => Math.max(...peak.gemm.map(({ rate }) => rate));

/** The better of two looks at the same adapter. */
const better = (a: Peak, b: Peak): Peak => ({
  gemm: a.gemm.map((one, i) => ({ name: one.name, rate: Math.max(one.rate, b.gemm[i]?.rate ?? 0) })),
  arithmetic: a.arithmetic === null ? null : Math.max(a.arithmetic, b.arithmetic ?? 0),
  copy: Math.max(a.copy, b.copy),
});

/**
 * What our steps reach of the best product, each block of them between two looks at the peak: a shared machine swings
 * twofold from one minute to the next.
 */
async function sharesInTurn(
  ours: Asking,
  aStep: number,
  { config, say, slopes }: ContestOptions,
): Promise<{ peak: Peak; shares: number[] }> {
  const rounds = slopes ? SHARE_ROUNDS : 1;
  const { gflop } = stepWork(config);
  const shares: number[] = [];
  let before = await ours.peak(config);
  let peak = before;
  for (let round = 0; round < rounds; round++) {
    const steps = await ours.run(stepsIn(ROUND_SECONDS, aStep, 2));
    // A quick look trusts that the machine is as fast after the steps as before.
    const after = slopes ? await ours.peak(config) : before;
    const rate = gflop / spreadOf(steps.map(({ seconds }) => seconds)).median;
    shares.push(rate / Math.max(best(before), best(after)));
    say(
      `share of the best GEMM rate, ${round + 1} of ${rounds}: ${(100 * (shares.at(-1) ?? 0)).toFixed(0)} %`,
    );
    peak = better(peak, after);
    before = after;
  }
  return { peak, shares };
}

export type Found = Omit<Report, 'place' | 'decode'>;

export interface Sides {
  ours: Contestant;
  /** Null leaves the naive side out. */
  naive: Contestant | null;
  /** Another of ours, which makes what both are given and is closed then: it must not warm ours up. */
  giver: () => Contestant;
}

async function givenTo(giver: Contestant, o: ContestOptions, images: number): Promise<Given> {
  const asking = new Asking(giver, o.backend);
  try {
    await asking.open(o.backend, o.threads);
    return await asking.given(o.config, images);
  } finally {
    giver.close();
  }
}

/**
 * @throws UnequalLossesError, ContestantError
 */
export async function contest(sides: Sides, options: ContestOptions): Promise<Found> {
  const { config, backend, threads, say } = options;
  const ours = new Asking(sides.ours, backend);
  const naive = sides.naive && new Asking(sides.naive, backend);
  const images = 4 * config.training.batchSize;
  const mine: Timing = { warmUps: [], steps: [] };
  const theirs: Timing = { warmUps: [], steps: [] };

  const given = naive && (await givenTo(sides.giver(), options, images));
  const opened = await ours.open(backend, threads);
  const begun = await ours.begin(config, images, null);
  say(`${opened.adapter}: ${begun.parameters} parameters`);
  mine.warmUps.push(...(await ours.run(1)));
  const ourFirst = (opened.milliseconds + begun.milliseconds) / 1000 + (mine.warmUps[0]?.seconds ?? 0);
  mine.warmUps.push(...(await ours.run(OUR_WARM_UPS - 1)));

  let naiveFirst = 0;
  let naiveThreads = 0;
  if (naive && given) {
    const { milliseconds: opening, threads: ownThreads } = await naive.open(backend, threads);
    naiveThreads = ownThreads;
    const { milliseconds: beginning } = await naive.begin(config, images, given);
    theirs.warmUps.push(...(await naive.run(1)));
    naiveFirst = (opening + beginning) / 1000 + (theirs.warmUps[0]?.seconds ?? 0);
    requireEqual(lossesOf(mine.warmUps).slice(0, 1), lossesOf(theirs.warmUps), 'naive');
    say(
      `first loss: ours ${mine.warmUps[0]?.loss.toFixed(6)}, naive ${theirs.warmUps[0]?.loss.toFixed(6)}; naive step ${theirs.warmUps[0]?.seconds.toFixed(1)} s with its shaders`,
    );
  }

  await timeInTurn(ours, naive, mine, theirs, options);
  const alone = await ours.runAlone(ALONE_STEPS);
  const compared = {
    ours: lossesOf([...mine.warmUps, ...mine.steps]).slice(0, COMPARED),
    naive: lossesOf([...theirs.warmUps, ...theirs.steps]).slice(0, COMPARED),
  };
  if (naive) requireEqual(compared.ours, compared.naive, 'naive');

  const ourBytes = await ours.peakBytes();
  const naiveBytes = naive ? await naive.peakBytes() : 0;
  sides.naive?.close();
  const torch = given && (await options.torch(given));
  if (torch) requireEqual(compared.ours, torch.losses, 'PyTorch');
  say('measuring the peak');
  const { peak, shares } = await sharesInTurn(
    ours,
    spreadOf(mine.steps.map(({ seconds }) => seconds)).median,
    options,
  );
  await ours.end();
  const slopes = options.slopes ? await slopesOf(ours, config, say) : [];
  const twelve = await dispatchesAtTwelve(ours, mine.steps, options);
  const profile = options.profile ? await ours.profile(config, images) : [];
  sides.ours.close();

  const work = stepWork(config);
  const rated = { batch: config.training.batchSize, gflop: work.gflop };
  const found = {
    backend,
    adapter: opened.adapter,
    software: opened.software,
    config: options.name,
    ours: sideOf(
      { ...mine, alone, peakBytes: ourBytes, firstStepSeconds: ourFirst, threads: opened.threads },
      { ...rated, shares: () => shares },
    ),
    dispatchesAtTwelve: twelve,
    naive:
      naive &&
      sideOf(
        {
          ...theirs,
          alone: theirs.steps,
          peakBytes: naiveBytes,
          firstStepSeconds: naiveFirst,
          threads: naiveThreads,
        },
        { ...rated, shares: (gflops) => [gflops / best(peak)] },
      ),
  };
  return {
    ...found,
    batch: config.training.batchSize,
    parameters: begun.parameters,
    tokens: work.tokens,
    gflop: work.gflop,
    idealBytes: idealBytes(config, begun.parameters),
    agreement: naive && {
      ...compared,
      worst: worstDifference(compared.ours, compared.naive),
      tolerance: TOLERANCE,
    },
    peak: { ...peak, best: best(peak) },
    slopes,
    profile,
    torch,
    ratios: ratiosOf({ ...found, torch }),
  };
}
