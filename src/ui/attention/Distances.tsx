/** How far each head of each block looks, on the picture that is shown. */
import { Button } from '@mantine/core';
import type { LookResult } from '../../protocol/looks.ts';
import { CHEAP_PATCHES, measureDistances } from '../../state/looking.ts';
import { sameSubject } from '../../state/looks.ts';
import { formatCount } from '../charts/format.ts';
import { About } from '../panels/PanelFrame.tsx';
import panel from '../panels/panels.module.css';
import { useLooks } from '../use-stores.ts';
import classes from './closer.module.css';

const ABOUT =
  'For every patch, how far away the patches lie that it attends to, weighted by its attention to them; mean over all patches of this picture. A head that looks everywhere alike has the distance of the dashed line. Trained networks have heads of both kinds in early blocks, and far ones alone in late blocks.';

export function Distances({ result }: { result: LookResult }) {
  const found = useLooks((state) => state.distances);
  const busy = useLooks((state) => state.awaited?.look.show === 'distances');
  const measured = found !== null && sameSubject(found.look, result.look) ? found : null;
  const many = result.rows * result.columns > CHEAP_PATCHES;
  return (
    <section className={classes.distances} aria-label="Mean attention distance">
      <h3>
        Mean attention distance
        <About
          title="Mean attention distance"
          about={ABOUT}
          source="Dosovitskiy et al. 2021, Fig. 7 and App. D.7."
        />
      </h3>
      {measured && <Plot measured={measured} now={result.block} />}
      {many && (measured === null || measured.step !== result.step) && (
        <Button variant="default" size="compact-sm" onClick={measureDistances} loading={busy}>
          Measure on these {formatCount(result.rows * result.columns)} patches
        </Button>
      )}
      {measured && measured.step !== result.step && (
        <p className={panel.quiet}>Measured at step {formatCount(measured.step)}.</p>
      )}
    </section>
  );
}

const HEIGHT = 150;
const LEFT = 34;
const BOTTOM = 22;
const TOP = 8;

/** A dot a head, a column a block. */
function Plot({ measured, now }: { measured: LookResult; now: number }) {
  const { shown, rows, columns, patchSize, blocks, heads } = measured;
  if (shown.show !== 'distances') return null;
  const { distances } = shown;
  const even = evenDistance(rows, columns) * patchSize;
  const largest = Math.max(even, ...distances.flat());
  const width = Math.max(220, LEFT + blocks * 44);
  const y = (value: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / (1.08 * largest));
  const x = (block: number) => LEFT + ((block + 0.5) * (width - LEFT)) / blocks;
  return (
    <>
      <svg width={width} height={HEIGHT} className={classes.plot} aria-hidden="true">
        {[0, largest / 2, largest].map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} className={classes.grid} />
            <text x={LEFT - 6} y={y(value) + 4} textAnchor="end">
              {value.toFixed(value < 10 ? 1 : 0)}
            </text>
          </g>
        ))}
        <line x1={LEFT} x2={width} y1={y(even)} y2={y(even)} className={classes.even} />
        {distances.map((perHead, block) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place
          <g key={block}>
            <text x={x(block)} y={HEIGHT - 6} textAnchor="middle" data-now={block === now}>
              {block + 1}
            </text>
            {perHead.map((distance, head) => (
              <circle
                // biome-ignore lint/suspicious/noArrayIndexKey: a head is its place
                key={head}
                cx={x(block) + (head - (heads - 1) / 2) * Math.min(6, 30 / heads)}
                cy={y(distance)}
                r={3.5}
                data-now={block === now}
              />
            ))}
          </g>
        ))}
      </svg>
      <DistanceTable distances={distances} even={even} now={now} />
    </>
  );
}

function DistanceTable({
  distances,
  even,
  now,
}: {
  distances: readonly (readonly number[])[];
  even: number;
  now: number;
}) {
  const heads = distances[0]?.length ?? 0;
  return (
    <div className={classes.scroll}>
      <table className={classes.table}>
        <caption>Pixels. Looking everywhere alike: {even.toFixed(1)} (dashed).</caption>
        <thead>
          <tr>
            <th scope="col">Block</th>
            {Array.from({ length: heads }, (_, head) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a head is its place
              <th key={head} scope="col">
                Head {head + 1}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {distances.map((perHead, block) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place
            <tr key={block} data-now={block === now}>
              <th scope="row">{block + 1}</th>
              {perHead.map((distance, head) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a head is its place
                <td key={head}>{distance.toFixed(1)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Mean distance between two patches of the grid, each pair as likely, in patches. */
export function evenDistance(rows: number, columns: number): number {
  let sum = 0;
  // Pairs that lie `down` rows and `right` columns apart, both ways.
  for (let down = 1 - rows; down < rows; down++)
    for (let right = 1 - columns; right < columns; right++)
      sum += (rows - Math.abs(down)) * (columns - Math.abs(right)) * Math.hypot(down, right);
  return sum / (rows * columns) ** 2;
}
