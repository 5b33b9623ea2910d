/** How far the map may be believed, in figures beside it. */
import type { MapResult } from '../../protocol/embedding.ts';
import { formatCount, formatPercent } from '../charts/format.ts';
import panel from '../panels/panels.module.css';
import classes from './embedding.module.css';

export function Measures({ result, of }: { result: MapResult; of: number }) {
  const { faithfulness, explained, used, ids, seconds } = result;
  return (
    <section className={classes.measures} aria-label="How far to believe the map">
      <h3>How far to believe it</h3>
      <dl>
        {faithfulness && (
          <>
            <Measure
              name="Trustworthiness"
              value={faithfulness.trustworthiness.toFixed(3)}
              share={(faithfulness.trustworthiness - 0.5) * 2}
              title={`1: whoever is near on the map is near among the features. About 0.5: places drawn at random. At the ${faithfulness.k} nearest.`}
            />
            <Measure
              name="Neighbours kept"
              value={formatPercent(100 * faithfulness.kept)}
              share={faithfulness.kept}
              title={`Of the ${faithfulness.k} nearest on the map, those that are among the ${faithfulness.k} nearest by features.`}
            />
          </>
        )}
        {faithfulness?.agreement && (
          <>
            <Measure
              name="Label of neighbours, on the map"
              value={formatPercent(faithfulness.agreement.map)}
              share={faithfulness.agreement.map / 100}
              title={`Images whose ${faithfulness.k} nearest others on the map mostly bear their label, of ${faithfulness.agreement.n}.`}
            />
            <Measure
              name="Label of neighbours, by features"
              value={formatPercent(faithfulness.agreement.features)}
              share={faithfulness.agreement.features / 100}
              title="The same by the features themselves: what the network is worth here. The map can be better or worse than that."
            />
          </>
        )}
        {explained && (
          <Measure
            name="Variance shown, both axes"
            value={`${formatPercent(100 * (explained[0] ?? 0))} + ${formatPercent(100 * (explained[1] ?? 0))}`}
            share={(explained[0] ?? 0) + (explained[1] ?? 0)}
            title="The share of all variance of the features that lies along the two axes; the rest is not on the map."
          />
        )}
      </dl>
      <p className={panel.quiet}>
        A map is a picture, not a score: {caution(used.method)}{' '}
        {faithfulness &&
          faithfulness.checked < ids.length &&
          `Neighbours were compared for ${formatCount(faithfulness.checked)} of the images. `}
        {ids.length < of
          ? `${formatCount(ids.length)} of ${formatCount(of)} images, a fixed sample`
          : `All ${formatCount(of)} images`}
        , features of unit length; laid out in {seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s.
        {used.method === 'tsne' &&
          result.wish.projection.method === 'tsne' &&
          used.perplexity < result.wish.projection.perplexity &&
          ` So few images allow a perplexity of ${used.perplexity} at most.`}
      </p>
    </section>
  );
}

function caution(method: 'pca' | 'tsne' | 'umap'): string {
  if (method === 'pca')
    return 'two directions of many. What lies together here may be far apart along the others.';
  return `${method === 'tsne' ? 't-SNE' : 'UMAP'} keeps neighbours together and nothing else. Sizes of groups, gaps between them and far distances mean little, and it draws groups even into noise.`;
}

interface MeasureProps {
  name: string;
  value: string;
  /** 0 to 1. */
  share: number;
  title: string;
}

function Measure({ name, value, share, title }: MeasureProps) {
  const percent = 100 * Math.min(1, Math.max(0, share));
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>
        <span className={classes.bar} aria-hidden="true">
          <i style={{ width: `${percent}%` }} />
        </span>
        {value}
      </dd>
    </div>
  );
}
