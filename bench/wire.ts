/** Carries requests to a worker or a process and its answers back. */
import { z } from 'zod';
import { type Contestant, type Request, requestSchema } from './contestant.ts';

const replySchema = z.discriminatedUnion('ok', [
  z.object({ id: z.int(), ok: z.literal(true), value: z.unknown() }),
  z.object({ id: z.int(), ok: z.literal(false), error: z.string() }),
]);
const envelopeSchema = z.object({ id: z.int(), request: requestSchema });

/** One end of a channel that carries structured clones. */
export interface Channel {
  send(message: unknown): void;
  /** Called for each message from the other end. */
  receive(listener: (message: unknown) => void): void;
  /** Called when the other end is gone, with the reason. */
  broken(listener: (reason: string) => void): void;
  close(): void;
}

/** The other side failed; the message is its own. */
export class ContestantError extends Error {
  constructor(name: string, request: Request, reason: string) {
    super(`${name} failed at "${request.ask}": ${reason}`);
    this.name = 'ContestantError';
  }
}

/** @throws ContestantError from `ask` when the other side throws or is gone. */
export function contestantBehind(name: string, channel: Channel): Contestant {
  const waiting = new Map<number, { resolve: (value: unknown) => void; refuse: (reason: string) => void }>();
  let next = 0;
  channel.receive((message) => {
    const reply = replySchema.parse(message);
    const asked = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (reply.ok) asked?.resolve(reply.value);
    else asked?.refuse(reply.error);
  });
  channel.broken((reason) => {
    for (const { refuse } of waiting.values()) refuse(reason);
    waiting.clear();
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, refuse: (reason) => reject(new ContestantError(name, request, reason)) });
        channel.send({ id, request });
      }),
    close: () => channel.close(),
  };
}

/** Answers every request that comes, one at a time. */
export function serve(
  channel: Pick<Channel, 'send' | 'receive'>,
  answer: (request: Request) => Promise<unknown>,
) {
  let last: Promise<unknown> = Promise.resolve();
  channel.receive((message) => {
    const { id, request } = envelopeSchema.parse(message);
    last = last
      .then(() => answer(request))
      .then(
        (value) => channel.send({ id, ok: true, value }),
        (error: unknown) =>
          channel.send({
            id,
            ok: false,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
      );
  });
}
