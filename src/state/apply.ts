/** What each event of the trainer does to the stores. One switch; nothing is sent from here. */
import type { TrainerEvent } from '../protocol/messages.ts';
import { applyToAnatomy, forgetAnatomy } from './anatomy.ts';
import { addCards, datasetStore } from './dataset.ts';
import { applyDiagnosis, forgetDiagnosis } from './diagnosis.ts';
import { applyToEmbedding, forgetActiveMap, forgetMaps } from './embedding.ts';
import { applyToKeeping, followRun } from './keeping.ts';
import { applyToLooks, forgetImage, forgetLooks } from './looks.ts';
import { applyToMoving } from './moving.ts';
import { applyToRuns, putTracesAway, takeRun } from './runs.ts';
import { seriesStore } from './series.ts';
import { sessionStore } from './session.ts';
import { setConfig } from './settings.ts';
import { withSnapshot } from './snapshot-history.ts';
import { stopsRun } from './status-text.ts';
import { applyToStudies, forgetActiveStudies, studyRun } from './studies.ts';
import { applyToVideos, forgetVideoFrames } from './videos.ts';
import { FIRST_PINS, viewStore } from './view.ts';

export function apply(event: TrainerEvent): void {
  switch (event.type) {
    case 'opened':
      sessionStore.setState({ backend: event.backend });
      return;
    case 'speed':
      sessionStore.setState({ speed: event.speed });
      return;
    case 'activity':
      sessionStore.setState({ activity: event.text });
      return;
    case 'status':
      sessionStore.setState({ status: event.status });
      return;
    case 'intake':
      datasetStore.setState({ progress: event.progress });
      return;
    case 'intake-cancelled':
      datasetStore.setState({ progress: null, coming: null });
      return;
    case 'dataset': {
      const { summary } = event;
      putTracesAway();
      datasetStore.setState(({ coming, origin }) => ({
        summary,
        progress: null,
        cards: new Map(),
        awaited: new Set(),
        origin: coming ?? origin,
        coming: null,
      }));
      const images = summary.train + summary.val;
      viewStore.setState({
        selectedImage: 0,
        selectedEpoch: 0,
        crops: null,
        attention: null,
        history: [],
        shownStep: null,
        neighbours: null,
        pinned: Array.from({ length: Math.min(FIRST_PINS, images) }, (_, id) => id),
      });
      forgetImage();
      forgetMaps();
      forgetFault('data');
      return;
    }
    case 'run-started':
      followRun(event);
      takeRun(event);
      studyRun(event.id);
      // The settings shown are those of the run that is gone on with, so that what differs is what was changed since.
      if (event.step > 0) setConfig(event.config);
      forgetLooks();
      forgetVideoFrames();
      forgetAnatomy();
      forgetDiagnosis();
      // What was wrong with images that were dropped stays true: the run begins on those from before.
      sessionStore.setState(({ fault }) => ({
        runConfig: event.config,
        fault: fault?.kind === 'data' ? fault : null,
      }));
      return;
    case 'model':
      sessionStore.setState({ model: event.summary });
      return;
    case 'metrics':
      seriesStore.setState(({ steps, version }) => {
        steps.append(event.rows);
        return { version: version + 1 };
      });
      return;
    case 'schedules':
      seriesStore.setState({ schedules: event.curves });
      return;
    case 'knn':
      seriesStore.setState(({ knn }) => ({ knn: [...knn, event.result] }));
      return;
    case 'cards':
      addCards(event.cards);
      return;
    case 'crops':
      viewStore.setState({ crops: event.crops });
      return;
    case 'attention':
      viewStore.setState(({ history }) => ({
        attention: event.snapshot,
        history: withSnapshot(history, event.snapshot),
      }));
      return;
    case 'neighbours':
      viewStore.setState({ neighbours: event.neighbours });
      return;
    case 'checkpoint':
      // A file for the person, not state: `conversation.ts` hands it over.
      return;
    case 'look':
    case 'look-refused':
    case 'photo':
    case 'photo-refused':
      applyToLooks(event);
      return;
    case 'video':
    case 'video-refused':
    case 'video-began':
    case 'video-frame':
    case 'video-ended':
      applyToVideos(event);
      return;
    case 'map-progress':
    case 'map-images':
    case 'map-positions':
    case 'map':
    case 'projector':
    case 'map-ended':
      applyToEmbedding(event);
      return;
    case 'study-progress':
    case 'study-curves':
    case 'study-result':
    case 'study-ended':
      applyToStudies(event);
      return;
    case 'diagnosis':
      applyDiagnosis(event.diagnosis);
      return;
    case 'anatomy':
    case 'specimen':
    case 'dissect-refused':
      applyToAnatomy(event);
      return;
    case 'exported':
    case 'moving-refused':
    case 'weights-opened':
    case 'weights-refused':
    case 'start-weights':
      applyToMoving(event);
      return;
    case 'keeping':
    case 'kept-runs':
    case 'keeping-refused':
    case 'recovered':
      applyToKeeping(event);
      return;
    case 'runs':
    case 'run-refused':
      applyToRuns(event);
      return;
    case 'fault':
      if (stopsRun(event.fault)) {
        forgetActiveStudies();
        applyDiagnosis(null);
        forgetActiveMap();
      }
      datasetStore.setState({ progress: null, coming: null });
      sessionStore.setState({ fault: event.fault, activity: null });
      return;
    default:
      event satisfies never;
  }
}

function forgetFault(kind: 'data'): void {
  if (sessionStore.getState().fault?.kind === kind) sessionStore.setState({ fault: null });
}
