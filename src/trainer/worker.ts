/** The trainer's entry: parses each command, hands it to the session, and turns every error into a fault. */
import '../core/no-eval.ts';
import { type Command, commandSchema, type TrainerEvent } from '../protocol/messages.ts';
import { buffersOf } from '../protocol/transfer.ts';
import { heedRightOfWay } from './backend.ts';
import { faultOf } from './faults.ts';
import { Session } from './session.ts';

const emit = (event: TrainerEvent) => self.postMessage(event, { transfer: buffersOf(event) });
let session: Session | null = null;
/** Commands that came before the session was open wait here. */
let opening: Promise<void> = Promise.resolve();

async function obey(command: Command): Promise<void> {
  if (command.type === 'open') {
    const opened = new Session(emit, command.config);
    session = opened;
    heedRightOfWay(command.rightOfWay);
    opening = opened.open(command.prefer);
    return opening;
  }
  await opening;
  if (!session) return;
  switch (command.type) {
    case 'configure':
      return session.configure(command.config);
    case 'load-samples':
      return session.loadSamples();
    case 'load-files':
      return session.loadFiles(command.name, command.files);
    case 'cancel-load':
      return session.loading.cancel();
    case 'train':
      return session.train();
    case 'pause':
      return session.pause();
    case 'step':
      return session.step();
    case 'reset':
      return session.reset();
    case 'pin':
      return session.questions.pin(command.ids);
    case 'get-cards':
      return session.questions.cards(command.ids);
    case 'get-crops':
      return session.questions.crops(command.id, command.epoch);
    case 'get-neighbours':
      return session.questions.neighbors(command.id);
    case 'evaluate-knn':
      return session.questions.evaluateKnn();
    case 'get-checkpoint':
      return session.questions.checkpoint();
    case 'export-run':
      return session.exporter.run();
    case 'export-weights':
      return session.exporter.weights(command.network, command.names);
    case 'export-cluster':
      return session.cluster.export();
    case 'open-weights':
      return session.importer.open(command.id, command.file, command.network);
    case 'close-weights':
      return session.importer.close();
    case 'start-from-weights':
      return session.importer.startFrom(command.config);
    case 'let-weights-go':
      return session.importer.letGo();
    case 'go-on-with-file':
      return session.importer.goOn();
    case 'look':
      return session.questions.look(command.id, command.look);
    case 'open-photo':
      return session.onlookers.looks.openPhoto(command.file);
    case 'open-run':
      return session.exchange.open(command.id);
    case 'fork-run':
      return session.exchange.fork(command.id, command.step, command.config, command.train);
    case 'rename-run':
      return session.exchange.rename(command.id, command.name);
    case 'remove-run':
      return session.exchange.remove(command.id);
    case 'study':
      return session.onlookers.studies.start(command.id, command.study);
    case 'cancel-study':
      return session.onlookers.studies.cancel(command.id);
    case 'map':
      return session.onlookers.maps.start(command.id, command.wish, command.start);
    case 'export-projector':
      return session.onlookers.maps.export(command.id, command);
    case 'cancel-map':
      return session.onlookers.maps.cancel(command.id);
    case 'open-video':
      return session.onlookers.videos.open(command.file);
    case 'look-at-video':
      return session.onlookers.videos.look(command.id, command.wish);
    case 'cancel-video':
      return session.onlookers.videos.cancel(command.id);
    case 'dissect':
      return session.questions.dissect(command.id, command.image);
    case 'resume-kept':
      return session.safety.kept.resume(command.key, command.state);
    case 'export-kept':
      return session.safety.kept.export(command.key, command.state);
    case 'go-on':
      return session.safety.recovery.goOn(command.config);
    case 'diagnose':
      return session.onlookers.diagnostician.diagnose();
    case 'get-specimen':
      return session.onlookers.anatomist.specimen(command.image);
    default:
      command satisfies never;
  }
}

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const parsed = commandSchema.safeParse(data);
  const done = parsed.success ? obey(parsed.data) : Promise.reject(parsed.error);
  done.catch((error: unknown) => {
    const fault = faultOf(error);
    // What is wrong with images or settings leaves the run as it was; the person can choose others.
    if (session && fault.kind === 'internal') session.fail(fault);
    else emit({ type: 'fault', fault });
  });
});
