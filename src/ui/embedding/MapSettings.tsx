/** What the next map will be: chosen before it is computed. */
import { NumberInput, SegmentedControl, Select } from '@mantine/core';
import type { ReactNode } from 'react';
import { FEWEST_MAPPED, type MapWish, MOST_MAPPED, type Projection } from '../../protocol/embedding.ts';
import { chooseForMap } from '../../state/embedding.ts';
import { formatCount } from '../charts/format.ts';
import { useDataset, useEmbedding } from '../use-stores.ts';
import classes from './embedding.module.css';
import { METHODS } from './map-title.ts';

const NETWORKS: readonly { value: MapWish['network']; label: string }[] = [
  { value: 'teacher', label: 'Teacher' },
  { value: 'student', label: 'Student' },
  { value: 'untrained', label: 'Untrained' },
];
const ORDER: readonly Projection['method'][] = ['pca', 'tsne', 'umap'];
/** Steps between maps of a running run. */
const EVERY = [25, 50, 100, 250, 500, 1000];

export function MapSettings() {
  const choices = useEmbedding((state) => state.choices);
  const images = useDataset(({ summary }) => (summary ? summary.train + summary.val : 0));
  const { method, network, perplexity, neighbors, minDist, seed, every } = choices;
  return (
    <div className={classes.settings}>
      <Setting name="Method">
        <SegmentedControl
          size="xs"
          aria-label="Method"
          value={method}
          onChange={(value) => chooseForMap({ method: value })}
          data={ORDER.map((value) => ({ value, label: METHODS[value] }))}
        />
      </Setting>
      <Setting name="Features of">
        <SegmentedControl
          size="xs"
          aria-label="Whose features"
          value={network}
          onChange={(value) => chooseForMap({ network: value })}
          data={[...NETWORKS]}
        />
      </Setting>
      {method === 'tsne' && (
        <Figure
          name="Perplexity"
          hint="About how many neighbours each image has. 5 to 50 is usual."
          value={perplexity}
          min={2}
          max={200}
          onChange={(value) => chooseForMap({ perplexity: value })}
        />
      )}
      {method === 'umap' && (
        <>
          <Figure
            name="Neighbours"
            hint="Few show detail, many the whole. The image itself counts as one."
            value={neighbors}
            min={2}
            max={200}
            onChange={(value) => chooseForMap({ neighbors: Math.round(value) })}
          />
          <Figure
            name="Least distance"
            hint="How close together points may lie, 0 to 0.99."
            value={minDist}
            min={0}
            max={0.99}
            step={0.05}
            onChange={(value) => chooseForMap({ minDist: value })}
          />
        </>
      )}
      <Figure
        name="Images"
        hint={`At most this many, training and validation together; beyond that a fixed sample. There are ${formatCount(images)}.`}
        value={choices.images}
        min={FEWEST_MAPPED}
        max={MOST_MAPPED}
        step={500}
        onChange={(value) => chooseForMap({ images: Math.round(value) })}
      />
      {method === 'umap' && (
        <Figure
          name="Seed"
          hint="UMAP draws at random: another seed, another map. What is alike in several of them is there."
          value={seed}
          min={0}
          max={999}
          onChange={(value) => chooseForMap({ seed: Math.round(value) })}
        />
      )}
      <Setting name="While training">
        <Select
          size="xs"
          w={150}
          aria-label="While training"
          allowDeselect={false}
          comboboxProps={{ shadow: 'md' }}
          value={every === null ? 'never' : String(every)}
          onChange={(value) =>
            chooseForMap({ every: value === null || value === 'never' ? null : Number(value) })
          }
          data={[
            { value: 'never', label: 'only when asked' },
            ...EVERY.map((value) => ({ value: String(value), label: `every ${formatCount(value)} steps` })),
          ]}
        />
      </Setting>
    </div>
  );
}

function Setting({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.setting}>
      <span>{name}</span>
      {children}
    </div>
  );
}

interface FigureProps {
  name: string;
  hint: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  onChange: (value: number) => void;
}

function Figure({ name, hint, value, min, max, step = 1, onChange }: FigureProps) {
  return (
    <Setting name={name}>
      <NumberInput
        size="xs"
        w={96}
        aria-label={name}
        title={hint}
        min={min}
        max={max}
        step={step}
        clampBehavior="blur"
        thousandSeparator=","
        value={value}
        onChange={(next) => {
          if (typeof next === 'number' && next >= min && next <= max) onChange(next);
        }}
      />
    </Setting>
  );
}
