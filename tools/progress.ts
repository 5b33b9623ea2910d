/** One line of progress in the terminal, drawn over itself; plain lines where the output is no terminal. */

const BAR = 24;

/** Share done, from the last "12 of 300" or "12 of at most 300" in a status; null where it names none. */
export function shareIn(status: string): number | null {
  const found = [...status.matchAll(/(\d[\d\s.,'’]*) of (?:at most )?(\d[\d\s.,'’]*)/g)].at(-1);
  if (!found) return null;
  const [done, total] = found.slice(1).map((text) => Number(text.replace(/\D/g, '')));
  return done === undefined || total === undefined || total === 0 ? null : Math.min(1, done / total);
}

function drawn(status: string): string {
  const share = shareIn(status);
  if (share === null) return status;
  const full = Math.round(share * BAR);
  return `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ${String(Math.floor(share * 100)).padStart(3)} %  ${status}`;
}

export interface Progress {
  show(status: string): void;
  /** Leaves the line as it stands; what is shown next begins another. */
  end(): void;
}

export function progressLine(out: NodeJS.WriteStream = process.stdout): Progress {
  let last = '';
  let tenths = -1;
  return {
    show(status) {
      if (out.isTTY) {
        const line = drawn(status).slice(0, Math.max(20, out.columns - 1));
        if (line !== last) out.write(`\r\u001b[2K${line}`);
        last = line;
        return;
      }
      // In a log, a line for each new thing and each tenth of it.
      const kind = status.replace(/\d[\d\s.,'’]*/g, '#');
      const tenth = Math.floor((shareIn(status) ?? 0) * 10);
      if (kind !== last || tenth !== tenths) out.write(`${drawn(status)}\n`);
      last = kind;
      tenths = tenth;
    },
    end() {
      if (out.isTTY && last !== '') out.write('\n');
      if (out.isTTY) last = '';
    },
  };
}
