/** The stores as React hooks: a component renders again only when what it selects changes. */
import { useStore } from 'zustand';
import { type AnatomyState, anatomyStore } from '../state/anatomy.ts';
import { type DatasetState, datasetStore } from '../state/dataset.ts';
import { type DiagnosisState, diagnosisStore } from '../state/diagnosis.ts';
import { type EmbeddingState, embeddingStore } from '../state/embedding.ts';
import { type LooksState, looksStore } from '../state/looks.ts';
import { type MovingState, movingStore } from '../state/moving.ts';
import { type RunsState, runsStore } from '../state/runs.ts';
import { type SeriesState, seriesStore } from '../state/series.ts';
import { type SessionState, sessionStore } from '../state/session.ts';
import { type SettingsState, settingsStore } from '../state/settings.ts';
import { type StudiesState, studiesStore } from '../state/studies.ts';
import { type VideosState, videosStore } from '../state/videos.ts';
import { type ViewState, viewStore } from '../state/view.ts';

export const useSession = <T>(select: (state: SessionState) => T): T => useStore(sessionStore, select);
export const useSettings = <T>(select: (state: SettingsState) => T): T => useStore(settingsStore, select);
export const useDataset = <T>(select: (state: DatasetState) => T): T => useStore(datasetStore, select);
export const useSeries = <T>(select: (state: SeriesState) => T): T => useStore(seriesStore, select);
export const useLooks = <T>(select: (state: LooksState) => T): T => useStore(looksStore, select);
export const useVideos = <T>(select: (state: VideosState) => T): T => useStore(videosStore, select);
export const useRuns = <T>(select: (state: RunsState) => T): T => useStore(runsStore, select);
export const useMoving = <T>(select: (state: MovingState) => T): T => useStore(movingStore, select);
export const useView = <T>(select: (state: ViewState) => T): T => useStore(viewStore, select);
export const useDiagnosis = <T>(select: (state: DiagnosisState) => T): T => useStore(diagnosisStore, select);
export const useAnatomy = <T>(select: (state: AnatomyState) => T): T => useStore(anatomyStore, select);
export const useStudies = <T>(select: (state: StudiesState) => T): T => useStore(studiesStore, select);
export const useEmbedding = <T>(select: (state: EmbeddingState) => T): T => useStore(embeddingStore, select);
