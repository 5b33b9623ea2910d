/** Every setting of the run: a preset, a proposal for these images, groups that fold, a search. */
import { Accordion, Button, CloseButton, NativeSelect, TextInput, UnstyledButton } from '@mantine/core';
import { IconSearch, IconWand } from '@tabler/icons-react';
import { useDeferredValue, useMemo, useRef, useState } from 'react';
import { type Proposal, proposeFor } from '../../config/auto.ts';
import { concerns, differsFromPaper, FIELDS, type Field, GROUPS } from '../../config/fields.ts';
import { differences } from '../../config/overrides.ts';
import { planRun, SettingsError } from '../../config/plan.ts';
import { FIRST_PRESET, isPresetName, PRESETS, presetNames } from '../../config/presets.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { MachineSpeed } from '../../protocol/values.ts';
import { presetFor, secondsAStep, speedSentence } from '../../state/prospect.ts';
import { applyPreset, changeSettings } from '../../state/settings.ts';
import { countWords, durationWords } from '../../state/words.ts';
import { useDataset, useSession, useSettings } from '../use-stores.ts';
import { FieldRow } from './FieldRow.tsx';
import { ModelSummaryButton } from './ModelSummary.tsx';

/** Settings of the images themselves, which the images panel shows. */
const shownWithImages = new Set(['source', 'labels', 'labelSeparator', 'labelField']);
const fields = FIELDS.filter(({ group, key }) => !(group === 'data' && shownWithImages.has(key)));

/** The heading lies at the lower edge of the column while the settings are below it, and leads to them. */
export function SettingsTitle() {
  const preset = useSettings((s) => (s.preset ? PRESETS[s.preset].label : 'Your own'));
  const title = useRef<HTMLHeadingElement>(null);
  return (
    <h2 className="sectionTitle lip" id="settings-title" ref={title}>
      <UnstyledButton onClick={() => title.current?.nextElementSibling?.scrollIntoView({ block: 'start' })}>
        Settings
      </UnstyledButton>
      <small>{preset}</small>
    </h2>
  );
}

export function Settings({ onReset }: { onReset: () => void }) {
  const [query, setQuery] = useState('');
  const sought = useDeferredValue(query.trim().toLowerCase());
  return (
    <section className="settings" aria-labelledby="settings-title">
      <Pending onReset={onReset} />
      <PresetChoice />
      <Plan />
      <ModelSummaryButton />
      <Fit />
      <TextInput
        size="xs"
        my={10}
        placeholder="Find a setting"
        aria-label="Find a setting"
        leftSection={<IconSearch size={14} />}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
        rightSection={
          query ? <CloseButton size="xs" aria-label="Clear the search" onClick={() => setQuery('')} /> : null
        }
      />
      {sought ? <Found sought={sought} /> : <Groups />}
    </section>
  );
}

/** Says that changes wait for the next run, once they differ from the one in progress. */
function Pending({ onReset }: { onReset: () => void }) {
  const run = useSession((s) => ((s.status?.step ?? 0) > 0 ? s.runConfig : null));
  const config = useSettings((s) => s.config);
  const changed = run ? differences(config, run).length : 0;
  if (changed === 0) return null;
  return (
    <div className="answer pending" role="note">
      <span>
        {changed === 1 ? 'One change waits' : `${changed} changes wait`}: the run in progress keeps the
        settings it began with.
      </span>
      <Button size="compact-xs" mt={6} onClick={onReset}>
        Begin anew to apply
      </Button>
    </div>
  );
}

const CUSTOM = 'custom';
const presetChoices = presetNames().map((name) => ({ value: name, label: PRESETS[name].label }));

function PresetChoice() {
  const preset = useSettings((s) => s.preset);
  const own = useDataset((s) => s.summary?.source === 'own');
  const chosen = preset ? PRESETS[preset] : null;
  const warning = chosen && 'warning' in chosen ? chosen.warning : null;
  return (
    <>
      <NativeSelect
        label="Preset"
        size="sm"
        value={preset ?? CUSTOM}
        data={preset ? presetChoices : [{ value: CUSTOM, label: 'Your own' }, ...presetChoices]}
        onChange={({ currentTarget: { value } }) => isPresetName(value) && applyPreset(value)}
      />
      <p className="quiet">{chosen?.sentence ?? 'Settings of your own: no preset has these values.'}</p>
      {preset === FIRST_PRESET && own && (
        <p className="notice" role="note">
          These images are your own: Nano suits small pictures, Small suits photographs.
        </p>
      )}
      {warning && (
        <p className="notice" role="note">
          {warning}
        </p>
      )}
      <Machine own={own} />
    </>
  );
}

/** What the presets cost on this machine; for own images the one that suits it is a press away. */
function Machine({ own }: { own: boolean }) {
  const speed = useSession((s) => s.speed);
  const preset = useSettings((s) => s.preset);
  if (!speed) return null;
  const proposed = presetFor(speed);
  return (
    <>
      <p className="quiet">{speedSentence(speed)}</p>
      {own && preset !== proposed && (
        <Button size="compact-xs" mt={4} onClick={() => applyPreset(proposed)}>
          Take {PRESETS[proposed].label}
        </Button>
      )}
    </>
  );
}

/** What follows from the settings for the images that are here. */
function Plan() {
  const config = useSettings((s) => s.config);
  const images = useDataset((s) => s.summary?.train ?? 0);
  const speed = useSession((s) => s.speed);
  const words = useMemo(() => planWords(config, images, speed), [config, images, speed]);
  return <p className={words.refused ? 'refusal' : 'quiet planned'}>{words.text}</p>;
}

function planWords(
  config: RunConfig,
  images: number,
  speed: MachineSpeed | null,
): { text: string; refused: boolean } {
  if (images === 0) return { text: 'How long the run is follows once there are images.', refused: false };
  try {
    const plan = planRun(config, images);
    const epochs = Number(plan.epochs.toFixed(1));
    const text = [
      `${countWords(plan.totalSteps)} steps, ${epochs} epochs of ${countWords(plan.stepsPerEpoch)}.`,
      ...(speed ? [`About ${durationWords(plan.stopStep * secondsAStep(speed, config))} here.`] : []),
      `lr peaks at ${Number(plan.lr.toPrecision(3))} after ${countWords(plan.lrWarmupSteps)} steps.`,
      ...plan.notes,
    ].join(' ');
    return { text, refused: false };
  } catch (error) {
    if (error instanceof SettingsError) return { text: error.message, refused: true };
    throw error;
  }
}

/** Proposes settings from the number of images and says why. */
function Fit() {
  const images = useDataset((s) => s.summary?.train ?? 0);
  const config = useSettings((s) => s.config);
  const [answer, setAnswer] = useState<string[] | null>(null);
  const fit = () => {
    let proposal: Proposal;
    try {
      proposal = proposeFor(images, config);
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      setAnswer([error.message]);
      return;
    }
    changeSettings(proposal.overrides);
    setAnswer(
      proposal.reasons.length > 0 ? proposal.reasons : ['These settings fit already: nothing to change.'],
    );
  };
  return (
    <>
      <Button
        size="xs"
        fullWidth
        mt={10}
        variant="default"
        leftSection={<IconWand size={14} />}
        disabled={images === 0}
        onClick={fit}
      >
        Fit to my images
      </Button>
      {answer && (
        <div className="answer" role="status">
          <ul>
            {answer.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
          <CloseButton size="xs" aria-label="Dismiss the reasons" onClick={() => setAnswer(null)} />
        </div>
      )}
    </>
  );
}

function Groups() {
  return (
    <Accordion multiple variant="default" keepMounted={false} chevronPosition="left" transitionDuration={0}>
      {GROUPS.map(({ id, title, sentence }) => {
        const own = fields.filter(({ group }) => group === id);
        return (
          <Accordion.Item key={id} value={id}>
            <Accordion.Control>
              <span className="groupTitle">
                {title}
                <Differing fields={own} />
              </span>
            </Accordion.Control>
            <Accordion.Panel>
              <p className="quiet">{sentence}</p>
              <GroupFields fields={own} />
            </Accordion.Panel>
          </Accordion.Item>
        );
      })}
    </Accordion>
  );
}

function Differing({ fields: own }: { fields: readonly Field[] }) {
  const count = useSettings(
    (s) => own.filter((field) => concerns(s.config, field) && differsFromPaper(s.config, field)).length,
  );
  if (count === 0) return null;
  return <small className="mark">{count} not the paper’s</small>;
}

function GroupFields({ fields: own }: { fields: readonly Field[] }) {
  const [more, setMore] = useState(false);
  const config = useSettings((s) => s.config);
  const meant = own.filter((field) => concerns(config, field));
  const plain = meant.filter(({ advanced }) => !advanced);
  const rest = meant.filter(({ advanced }) => advanced);
  return (
    <>
      {[...plain, ...(more ? rest : [])].map((field) => (
        <FieldRow key={field.key} field={field} />
      ))}
      {rest.length > 0 && (
        <Button size="compact-xs" variant="subtle" mt={4} aria-expanded={more} onClick={() => setMore(!more)}>
          {more ? 'Show fewer' : `Show ${rest.length} more`}
        </Button>
      )}
    </>
  );
}

function Found({ sought }: { sought: string }) {
  const found = useMemo(() => fields.filter((field) => matches(field, sought)), [sought]);
  if (found.length === 0) return <p className="quiet">No setting speaks of “{sought}”.</p>;
  return found.map((field) => <FieldRow key={`${field.group}.${field.key}`} field={field} />);
}

function matches({ group, key, label, symbol, sentence }: Field, sought: string): boolean {
  return [`${group}.${key}`, label, symbol ?? '', sentence].some((text) =>
    text.toLowerCase().includes(sought),
  );
}
