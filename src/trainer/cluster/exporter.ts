/** Gives the present run away as a PyTorch project that goes on with it. */
import { clusterFolder } from '../../checkpoint/cluster.ts';
import { ZipTooLarge, zipPieces } from '../../checkpoint/zip.ts';
import { ownBytes } from '../../core/own-bytes.ts';
import type { Catalogue } from '../../data/catalogue.ts';
import { breathe } from '../breathe.ts';
import { newestState } from '../moving/exporter.ts';
import type { Emit } from '../reporter.ts';
import type { Runs } from '../runs/runs.ts';
import type { TrainingRun } from '../training-run.ts';
import { clusterProject } from './project.ts';

const NOTHING = 'There is no run to continue. Bring in images, and choose settings that fit them.';

export class ClusterExporter {
  private readonly emit: Emit;
  private readonly runs: Runs;
  private readonly trusted: () => TrainingRun | null;
  private readonly catalogue: () => Catalogue | null;

  /** @param trusted the run in progress, where its numbers can be trusted. */
  constructor(emit: Emit, runs: Runs, trusted: () => TrainingRun | null, catalogue: () => Catalogue | null) {
    this.emit = emit;
    this.runs = runs;
    this.trusted = trusted;
    this.catalogue = catalogue;
  }

  /** The run as it is now; where that cannot be trusted any more, as it was last kept. Training goes on meanwhile. */
  async export(): Promise<void> {
    const catalogue = this.catalogue();
    const { present } = this.runs;
    const tree = await newestState(this.runs, this.trusted());
    if (!tree || !catalogue) return this.emit({ type: 'moving-refused', sentence: NOTHING });
    const name = `${present?.name ?? 'run'}-step${tree.step}-cluster`.replaceAll(/[^\w.-]+/g, '-');
    const images = catalogue.images.slice(0, catalogue.trainCount).map(({ path }) => path);
    try {
      const pieces = await zipPieces(clusterFolder(name, clusterProject, tree, images), breathe);
      const file = new Blob(pieces.map(ownBytes), { type: 'application/zip' });
      this.emit({ type: 'exported', name: `${name}.zip`, file });
    } catch (error) {
      if (!(error instanceof ZipTooLarge)) throw error;
      this.emit({ type: 'moving-refused', sentence: error.message });
    }
  }
}
