/** The child process's end of the wire. */
import type { Channel } from '../wire.ts';

export function childChannel(): Pick<Channel, 'send' | 'receive'> {
  return {
    send: (message) => {
      if (!process.send) throw new TypeError('This program is started by the bench, not by hand');
      process.send(message);
    },
    receive: (listener) => process.on('message', listener),
  };
}
