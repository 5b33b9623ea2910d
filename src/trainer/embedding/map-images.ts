/** The images of a map: which they are, and what each can be colored by. */
import type { Catalogue } from '../../data/catalogue.ts';
import type { MapImages } from '../../protocol/embedding.ts';
import { chosen } from '../evaluated-images.ts';

/** Tells this choice from those of the scores. */
const CHOICE = 2;

/**
 * At most `most` of all images, labelled or not: a fixed sample of the run's seed, in which a smaller one is contained.
 */
export function mapImages(catalogue: Catalogue, most: number, seed: number): MapImages {
  const all = catalogue.images.map((_, id) => id);
  const ids = chosen(all, most, seed, CHOICE);
  const folders = new Map<string, number>();
  const folderOf = Int32Array.from(ids, (id) => {
    const folder = folderOfPath(catalogue.images[id]?.path ?? '');
    const known = folders.get(folder) ?? folders.size;
    folders.set(folder, known);
    return known;
  });
  return {
    ids: Int32Array.from(ids),
    of: all.length,
    classes: [...catalogue.classes],
    labels: Int32Array.from(ids, (id) => catalogue.images[id]?.label ?? -1),
    folders: [...folders.keys()],
    folderOf,
  };
}

/** "train/cat" of "train/cat/12.jpg"; "." where there is none. */
export function folderOfPath(path: string): string {
  const end = path.lastIndexOf('/');
  return end > 0 ? path.slice(0, end) : '.';
}
