/** How long plain work goes on before others get a turn. */

/** Awaited between pieces of long work, so that others can work; may throw to give up. */
export type Between = () => Promise<void>;

/** `between`, but only when `ms` milliseconds have gone by since it was last awaited: call it as often as you like. */
export function paced(between: Between, ms = 15): Between {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < ms) return;
    await between();
    since = performance.now();
  };
}
