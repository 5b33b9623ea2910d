/** Slows a store's changes down to what eyes and a busy computer can follow. */
import { useCallback, useSyncExternalStore } from 'react';
import type { StoreApi } from 'zustand/vanilla';

/** Milliseconds between two redraws of a chart: five a second. */
export const CHART_INTERVAL = 200;

export interface Throttled {
  call(): void;
  cancel(): void;
}

/** Calls at once, then at most once every `interval` ms; what comes too early is made up for at the end of the wait. */
export function throttle(callback: () => void, interval: number): Throttled {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let pending = false;
  const open = () => {
    timer = null;
    if (!pending) return;
    pending = false;
    callback();
    timer = setTimeout(open, interval);
  };
  return {
    call() {
      if (timer !== null) {
        pending = true;
        return;
      }
      callback();
      timer = setTimeout(open, interval);
    },
    cancel() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      pending = false;
    },
  };
}

/** A part of a store, followed at most once every `interval` ms; not at all while that is null. */
export function useThrottled<State, Part>(
  store: Pick<StoreApi<State>, 'getState' | 'subscribe'>,
  select: (state: State) => Part,
  interval: number | null = CHART_INTERVAL,
): Part {
  const subscribe = useCallback(
    (notify: () => void) => {
      if (interval === null) return () => undefined;
      const slow = throttle(notify, interval);
      const stop = store.subscribe(slow.call);
      return () => {
        stop();
        slow.cancel();
      };
    },
    [store, interval],
  );
  return useSyncExternalStore(subscribe, () => select(store.getState()));
}
