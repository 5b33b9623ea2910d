/** Does a plain computation of a study, wherever it is called. */
import { kMeans } from '../../eval/kmeans.ts';
import { predictLinear } from '../../eval/linear-model.ts';
import { linearProbe, sweepRates } from '../../eval/linear-probe.ts';
import { logisticRegression } from '../../eval/logistic.ts';
import type { Between } from '../../eval/pace.ts';
import { fitScaler, standardized } from '../../eval/standardize.ts';
import type { JobOf, NumericsJob, NumericsResult, ResultOf } from './numerics-messages.ts';

/** @param onProgress hears of epochs, rates or iterations that are done. */
export async function compute(
  job: NumericsJob,
  between: Between,
  onProgress: (done: number) => void,
): Promise<NumericsResult> {
  switch (job.task) {
    case 'probe': {
      const { train, test, width, classes, settings } = job;
      const { predictions, curve } = await linearProbe(
        train,
        test,
        width,
        classes,
        settings,
        between,
        ({ epoch }) => onProgress(epoch + 1),
      );
      return { task: 'probe', predictions, curve };
    }
    case 'sweep': {
      const { train, width, classes, settings, rates } = job;
      const swept = await sweepRates(train, width, classes, settings, rates, between, (rate) =>
        onProgress(rates.indexOf(rate)),
      );
      return { task: 'sweep', ...swept };
    }
    case 'logistic':
      return fitted(job, between, onProgress);
    case 'clusters': {
      const { rows, width, count, seed, restarts } = job;
      const { assignment, centers } = await kMeans(rows, width, count, { seed, restarts }, between);
      return { task: 'clusters', assignment, centers };
    }
    default:
      return job satisfies never;
  }
}

async function fitted(
  { train, test, width, classes, C, iterations }: JobOf<'logistic'>,
  between: Between,
  onProgress: (done: number) => void,
): Promise<ResultOf<'logistic'>> {
  const scaler = fitScaler(train.rows, width);
  const rows = standardized(train.rows, scaler);
  const settings = { C, iterations };
  const model = await logisticRegression(rows, width, train.labels, classes, settings, between, onProgress);
  const predictions = await predictLinear(model, standardized(test, scaler), between);
  return { task: 'logistic', predictions, converged: model.converged };
}
