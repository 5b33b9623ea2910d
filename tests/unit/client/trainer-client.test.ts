/** The client parses what comes out of the worker and turns every failure into a fault event. */
import { describe, expect, it } from 'vitest';
import { trainerOver } from '../../../src/client/trainer-client.ts';
import { defaultConfig } from '../../../src/config/schema.ts';
import type { TrainerEvent } from '../../../src/protocol/messages.ts';

class Port extends EventTarget {
  posted: { message: unknown; transfer: unknown }[] = [];
  terminated = false;
  postMessage(message: unknown, transfer?: unknown): void {
    this.posted.push({ message, transfer });
  }
  terminate(): void {
    this.terminated = true;
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data }));
  }
}

function opened() {
  const port = new Port();
  const client = trainerOver(port);
  const events: TrainerEvent[] = [];
  const stop = client.subscribe((event) => events.push(event));
  return { port, client, events, stop };
}

describe('trainer client', () => {
  it('passes a known event on, typed arrays included', () => {
    const { port, events } = opened();
    const pixels = { width: 1, height: 1, rgba: new Uint8ClampedArray([1, 2, 3, 255]) };
    port.say({
      type: 'cards',
      cards: [{ id: 3, path: 'a/b.png', split: 'val', label: null, thumbnail: pixels }],
    });
    const [event] = events;
    expect(event?.type).toBe('cards');
    expect(event?.type === 'cards' && [...(event.cards[0]?.thumbnail.rgba ?? [])]).toEqual([1, 2, 3, 255]);
  });

  it.each([
    ['an unknown type', { type: 'song' }],
    ['a missing field', { type: 'activity' }],
    ['no object', 7],
    [
      'plain arrays for pixels',
      {
        type: 'cards',
        cards: [
          {
            id: 0,
            path: '',
            split: 'val',
            label: null,
            thumbnail: { width: 1, height: 1, rgba: [0, 0, 0, 0] },
          },
        ],
      },
    ],
  ])('turns %s into an internal fault', (_, data) => {
    const { port, events } = opened();
    port.say(data);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'fault', fault: { kind: 'internal' } });
  });

  it('names the place where a message breaks the protocol', () => {
    const { port, events } = opened();
    port.say({ type: 'metrics', rows: [{ step: 1 }] });
    expect(events[0]?.type === 'fault' && events[0].fault.what).toContain('rows.0.epoch');
  });

  it('turns worker errors and unreadable messages into faults', () => {
    const { port, events } = opened();
    port.dispatchEvent(
      Object.assign(new Event('error', { cancelable: true }), { message: 'x is not a function' }),
    );
    port.dispatchEvent(new Event('messageerror'));
    expect(events.map((event) => event.type)).toEqual(['fault', 'fault']);
    expect(events[0]?.type === 'fault' && events[0].fault.what).toContain('x is not a function');
  });

  it('sends commands as they are, files cloned and nothing transferred', () => {
    const { port, client } = opened();
    const file = new File(['x'], 'a.png');
    client.send({ type: 'load-files', name: 'a', files: [{ path: 'a.png', file }] });
    client.send({ type: 'configure', config: defaultConfig });
    expect(port.posted.map(({ transfer }) => transfer)).toEqual([[], []]);
    expect(port.posted[0]?.message).toMatchObject({ type: 'load-files', files: [{ file }] });
  });

  it('stops telling a listener that left, and ends the worker', () => {
    const { port, client, events, stop } = opened();
    stop();
    port.say({ type: 'activity', text: null });
    expect(events).toEqual([]);
    client.close();
    expect(port.terminated).toBe(true);
  });
});
