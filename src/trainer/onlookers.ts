/** Whoever looks at the present run beside its training, made and listed in one place. */
import { Anatomist } from './anatomy/anatomist.ts';
import { Diagnostician } from './diagnosis/diagnostician.ts';
import { Maps } from './embedding/maps.ts';
import type { Follower } from './followers.ts';
import { Looks } from './looks.ts';
import { Observer } from './observer.ts';
import type { Emit } from './reporter.ts';
import { Studies } from './studies/studies.ts';
import { Videos } from './videos.ts';

export class Onlookers {
  readonly observer: Observer;
  readonly looks: Looks;
  readonly studies: Studies;
  readonly maps: Maps;
  readonly videos: Videos;
  readonly anatomist: Anatomist;
  readonly diagnostician: Diagnostician;

  constructor(emit: Emit) {
    const observer = new Observer(emit);
    const alone = <T>(work: () => Promise<T>) => observer.exclusively(work);
    this.observer = observer;
    this.looks = new Looks(emit, (work) => observer.soon(work));
    this.studies = new Studies(emit, alone);
    this.maps = new Maps(emit, alone, this.studies.cache);
    this.anatomist = new Anatomist(emit);
    this.diagnostician = new Diagnostician(emit, alone);
    this.videos = new Videos(emit, alone);
  }

  /** In the order in which they are told of a run. */
  get all(): Follower[] {
    const { observer, anatomist, diagnostician, looks, studies, maps, videos } = this;
    return [observer, anatomist, diagnostician, looks, studies, maps, videos];
  }
}
