/** The worker's end of the wire. */
import type { Channel } from '../wire.ts';

export function workerChannel(): Pick<Channel, 'send' | 'receive'> {
  return {
    send: (message) => self.postMessage(message),
    receive: (listener) =>
      self.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data)),
  };
}
