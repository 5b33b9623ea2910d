/** The time of day, told again every so often. */
import { useEffect, useState } from 'react';

/** Milliseconds since 1970, at most `every` ms old. */
export function useNow(every: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
