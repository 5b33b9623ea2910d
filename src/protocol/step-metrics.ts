/** The figures of a step by name, for those who keep them in columns. */
import { type StepMetrics, stepMetricsSchema } from './values.ts';

export type MetricName = keyof StepMetrics;

/** In the order in which columns are kept and written. */
export const metricNames = stepMetricsSchema.keyof().options;

/** What `of` gives for each figure; `index` is its place among `metricNames`. */
export function perMetric<T>(of: (name: MetricName, index: number) => T): Record<MetricName, T> {
  const at = (name: MetricName) => of(name, metricNames.indexOf(name));
  return {
    step: at('step'),
    epoch: at('epoch'),
    loss: at('loss'),
    lr: at('lr'),
    weightDecay: at('weightDecay'),
    momentum: at('momentum'),
    teacherTemp: at('teacherTemp'),
    teacherEntropy: at('teacherEntropy'),
    kl: at('kl'),
    featureSpread: at('featureSpread'),
    gradNorm: at('gradNorm'),
    seconds: at('seconds'),
  };
}
