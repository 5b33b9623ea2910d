/** Weights and runs that come in as files: looked at first, reported, and used when the person says so. */
import { ForeignWeightsError } from '../../checkpoint/dialects.ts';
import {
  checkedReport,
  type FoundWeights,
  fittedTo,
  isWhole,
  networksIn,
  type StartValues,
  startValues,
  treeIn,
  type Weights,
  wantedOfState,
  weightsIn,
  weightsOfState,
} from '../../checkpoint/import.ts';
import { isState, type RunTree, StateError } from '../../checkpoint/state.ts';
import { differences } from '../../config/overrides.ts';
import { SettingsError } from '../../config/plan.ts';
import { type RunConfig, runConfigSchema } from '../../config/schema.ts';
import { type OpenedSafetensors, openSafetensors } from '../../core/safetensors-blob.ts';
import { SafetensorsError } from '../../core/safetensors-header.ts';
import { isResNet } from '../../model/shapes.ts';
import type { NetworkName, OpenedFile, Start } from '../../protocol/moving.ts';
import { breathe } from '../breathe.ts';
import type { Emit } from '../reporter.ts';
import { networkShape } from '../run-settings.ts';
import { RunRefused } from '../runs/runs.ts';
import { safetensorsOf } from './zipped.ts';

/** What an importer asks of the session. */
export interface ImportHost {
  /** Fingerprint of the present images; null without any. */
  images(): string | null;
  /** Begins a new run under these settings. */
  begin(config: RunConfig): Promise<void>;
  /** Begins the present run anew, if it has made no step. */
  beginUnbegun(): void;
  /** Goes on with a run from elsewhere. @throws RunRefused */
  adopt(name: string, config: RunConfig, tree: RunTree): Promise<void>;
}

interface Opened {
  name: string;
  network: NetworkName;
  /** null where something lacks. */
  weights: Weights | null;
  /** Of a saved run that nothing lacks of. */
  run: { tree: RunTree; config: RunConfig } | null;
}

export class Importer {
  private readonly emit: Emit;
  private readonly host: ImportHost;
  private opened: Opened | null = null;
  private start: (Weights & { name: string; network: NetworkName }) | null = null;
  /** Counts the wishes: a newer one ends the reading of the one before. */
  private asked = 0;

  constructor(emit: Emit, host: ImportHost) {
    this.emit = emit;
    this.host = host;
  }

  /** Reads the file and tells what is in it. Training goes on meanwhile. */
  async open(id: number, file: File, network: NetworkName): Promise<void> {
    const asked = ++this.asked;
    this.opened = null;
    const between = async () => {
      await breathe();
      if (asked !== this.asked) throw new Superseded();
    };
    try {
      const content = await openSafetensors(await safetensorsOf(file));
      const { size } = content.tensors;
      if (size > MOST_TENSORS)
        throw new ForeignWeightsError(
          `It has ${size.toLocaleString('en')} tensors; a run has some thousand at most.`,
        );
      const { opened, about } = isState(content.metadata)
        ? await this.openRun(file.name, content, network, between)
        : await this.openWeights(file.name, content, network, between);
      this.opened = opened;
      this.emit({ type: 'weights-opened', id, opened: about });
    } catch (error) {
      if (error instanceof Superseded) return;
      if (!isRefusal(error)) throw error;
      this.emit({
        type: 'weights-refused',
        id,
        sentence: `${file.name}: ${reasonOf(error, file).replace(/\.?$/, '.')}`,
      });
    }
  }

  close(): void {
    this.asked++;
    this.opened = null;
  }

  private async openWeights(
    name: string,
    content: OpenedSafetensors,
    network: NetworkName,
    between: () => Promise<void>,
  ): Promise<{ opened: Opened; about: OpenedFile }> {
    const found: FoundWeights = await weightsIn(content, network, between);
    const whole = isWhole(found.report);
    return {
      opened: { name, network, weights: whole ? found : null, run: null },
      about: {
        name,
        dialect: found.dialect,
        networks: networksIn(content),
        network,
        backbone: plain(found.shape),
        headsSaid: found.headsSaid,
        imageSize: found.imageSize,
        report: sent(found.report),
        whole,
        run: null,
      },
    };
  }

  private async openRun(
    name: string,
    content: OpenedSafetensors,
    network: NetworkName,
    between: () => Promise<void>,
  ): Promise<{ opened: Opened; about: OpenedFile }> {
    const tree = await treeIn(content, between);
    const config = configOf(tree);
    const shape = networkShape(config);
    const report = await checkedReport(wantedOfState(shape, config.optimizer), tree.tensors, between);
    const whole = isWhole(report);
    return {
      opened: {
        name,
        network,
        weights: whole ? weightsOfState(tree, shape, network) : null,
        run: whole ? { tree, config } : null,
      },
      about: {
        name,
        dialect: 'state',
        networks: ['teacher', 'student'],
        network,
        backbone: plain(shape.backbone),
        headsSaid: true,
        imageSize: shape.imageSize,
        report: sent(report),
        whole,
        run: { step: tree.step, config, refusal: this.refusalOf(tree, whole) },
      },
    };
  }

  private refusalOf({ dataset }: RunTree, whole: boolean): string | null {
    if (!whole) return 'Something of it lacks, so it cannot be gone on with.';
    return dataset === this.host.images()
      ? null
      : 'It was trained on other images than the present ones: bring those in first, with the settings that it had, and open it again.';
  }

  /** Begins a run from the opened weights. */
  async startFrom(config: RunConfig): Promise<void> {
    const { opened } = this;
    if (!opened?.weights) return this.refuse('There are no weights to start from: open a file first.');
    this.start = { ...opened.weights, name: opened.name, network: opened.network };
    this.opened = null;
    this.tellStart();
    await this.host.begin(config);
  }

  letGo(): void {
    if (!this.start) return;
    this.start = null;
    this.tellStart();
    this.host.beginUnbegun();
  }

  /**
   * What both backbones of a new run under these settings start from; null for random weights.
   * @throws SettingsError when the settings make another network.
   */
  startFor(config: RunConfig): StartValues | null {
    const { start } = this;
    if (!start) return null;
    const wanted = {
      ...config,
      backbone: { ...config.backbone, ...plain(start.shape) },
    };
    const [differing] = differences(wanted, config);
    if (differing) {
      const [group, key, value] = differing;
      throw new SettingsError(
        `${group}.${key}`,
        `New runs start from the weights of ${start.name}, in which ${group}.${key} is ${value}. Set it to that, or let the weights go in the File menu.`,
      );
    }
    return startValues(fittedTo(start, config.views.globalSize));
  }

  /** Goes on with the opened run. */
  async goOn(): Promise<void> {
    const { opened } = this;
    if (!opened?.run) return this.refuse('There is no run to go on with: open a file first.');
    const { tree, config } = opened.run;
    try {
      await this.host.adopt(titleOf(opened.name), config, tree);
      this.opened = null;
    } catch (error) {
      if (!(error instanceof RunRefused)) throw error;
      this.refuse(error.message);
    }
  }

  /** What new runs start from; null is random weights. */
  get startName(): Start | null {
    const { start } = this;
    return start && { name: start.name, network: start.network };
  }

  private tellStart(): void {
    this.emit({ type: 'start-weights', start: this.startName });
  }

  private refuse(sentence: string): void {
    this.emit({ type: 'moving-refused', sentence });
  }
}

/** Of whatever is built here, networks and moments together. */
const MOST_TENSORS = 10_000;

/** Browsers word a failed allocation each in their own way. */
const reasonOf = (error: Error, { size }: File): string =>
  /allocation|array length/i.test(error.message)
    ? `There is no memory here for its ${Math.ceil(size / 2 ** 20)} MiB.`
    : error.message;

/** A newer file was opened. */
class Superseded extends Error {
  override name = 'Superseded';
}

const isRefusal = (error: unknown): error is Error =>
  error instanceof SafetensorsError ||
  error instanceof StateError ||
  error instanceof ForeignWeightsError ||
  // A file that claims more than there is memory for.
  error instanceof RangeError;

/** Settings that the file brings. @throws StateError when they are none. */
function configOf({ config }: RunTree): RunConfig {
  let json: unknown;
  try {
    json = JSON.parse(config);
  } catch {
    throw new StateError('its settings are not JSON');
  }
  const parsed = runConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StateError(`its settings are none of this version: ${issue?.path.join('.')}: ${issue?.message}`);
}

function plain(shape: Weights['shape']): NonNullable<OpenedFile['backbone']> {
  if (isResNet(shape)) return { ...shape };
  const { patchSize, dim, depth, heads, mlpRatio, qkvBias } = shape;
  return { architecture: 'vit', patchSize, dim, depth, heads, mlpRatio, qkvBias };
}

const sent = ({ misshaped, ...report }: FoundWeights['report']): OpenedFile['report'] => ({
  ...report,
  misshaped: misshaped.map(({ name, wanted, found }) => ({ name, wanted: [...wanted], found: [...found] })),
});

/** A run's name out of its file's: what `Exporter.run` has put behind it is dropped. */
const titleOf = (file: string) =>
  file.replace(/(-step\d+)?( \(\d+\))?\.safetensors$/i, '').slice(0, 40) || 'run';
