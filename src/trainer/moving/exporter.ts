/** Gives a run away as files, in pieces beside its training. */
import packageFile from '../../../package.json';
import { backboneOf, hubFolder, weightsMetadata, weightsPieces } from '../../checkpoint/export.ts';
import { type RunTree, treePieces } from '../../checkpoint/state.ts';
import { zipPieces } from '../../checkpoint/zip.ts';
import { ownBytes } from '../../core/own-bytes.ts';
import { tensorsOf } from '../../model/network.ts';
import { isResNet } from '../../model/shapes.ts';
import type { NetworkName, WeightNames } from '../../protocol/moving.ts';
import type { Observer } from '../observer.ts';
import type { Emit } from '../reporter.ts';
import { networkShape } from '../run-settings.ts';
import type { Runs } from '../runs/runs.ts';
import type { TrainingRun } from '../training-run.ts';

const NOTHING = 'There is no run to save. Bring in images, and choose settings that fit them.';

/** The present run as it is now; where `trusted` is null, the newest state that was kept of it. */
export async function newestState(runs: Runs, trusted: TrainingRun | null): Promise<RunTree | null> {
  return trusted ? trusted.tree() : (runs.present?.states.at(-1) ?? null);
}

export class Exporter {
  private readonly emit: Emit;
  private readonly observer: Observer;
  private readonly runs: Runs;
  private readonly trusted: () => TrainingRun | null;

  /** @param trusted the run in progress, where its numbers can be trusted. */
  constructor(emit: Emit, observer: Observer, runs: Runs, trusted: () => TrainingRun | null) {
    this.emit = emit;
    this.observer = observer;
    this.runs = runs;
    this.trusted = trusted;
  }

  /** The whole state as it is now; where that cannot be trusted any more, the newest that was kept. */
  async run(): Promise<void> {
    const tree = await newestState(this.runs, this.trusted());
    if (!tree) return this.refuse(NOTHING);
    const name = this.runs.present?.name ?? 'run';
    this.give(`${name}-step${tree.step}.safetensors`, treePieces(tree), 'application/octet-stream');
  }

  /** The backbone of one network as it is now. */
  async weights(network: NetworkName, names: WeightNames): Promise<void> {
    const run = this.trusted();
    if (!run) return this.refuse(NOTHING);
    if (names === 'hugging-face' && isResNet(run.settings.shape.backbone))
      return this.refuse(
        'Hugging Face’s ViTModel is no ResNet: choose the official names, which torchvision reads.',
      );
    await this.observer.inTurn(async (held, { run, catalogue }, between) => {
      const shape = networkShape(run.config);
      const about = {
        network,
        step: String(held.step),
        dataset: catalogue.fingerprint,
        version: packageFile.version,
      };
      const backbone = await backboneOf(tensorsOf(held[network]), shape, between);
      const title = `${this.runs.present?.name ?? 'run'}-${network}-step${held.step}`;
      if (names === 'hugging-face') {
        const pieces = await zipPieces(hubFolder(backbone, shape, about), between);
        this.give(`${title}-hugging-face.zip`, pieces, 'application/zip');
      } else {
        const pieces = weightsPieces(backbone, weightsMetadata(shape, about));
        this.give(`${title}-${names}.safetensors`, pieces, 'application/octet-stream');
      }
    });
  }

  private give(name: string, pieces: readonly Uint8Array[], type: string): void {
    this.emit({ type: 'exported', name, file: new Blob(pieces.map(ownBytes), { type }) });
  }

  private refuse(sentence: string): void {
    this.emit({ type: 'moving-refused', sentence });
  }
}
