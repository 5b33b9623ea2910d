/** Reads comma-separated values (RFC 4180), and the semicolons and tabs that spreadsheets write instead. */

/** The rows of a table, each with its cells; empty lines are left out. */
export function parseCsv(text: string): string[][] {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const separator = separatorOf(source);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = '';
  };
  const endRow = () => {
    endCell();
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  };
  for (let i = 0; i < source.length; i++) {
    const char = source[i];
    if (quoted) {
      if (char !== '"') cell += char;
      else if (source[i + 1] === '"') {
        cell += '"';
        i++;
      } else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === separator) endCell();
    else if (char === '\n' || char === '\r') endRow();
    else cell += char;
  }
  endRow();
  return rows;
}

/** The one of comma, semicolon and tab that the first line has most of, outside of quotes. */
function separatorOf(text: string): string {
  const first = (text.split(/[\r\n]/, 1)[0] ?? '').replace(/"[^"]*"/g, '');
  let best = ',';
  for (const candidate of [';', '\t'])
    if (first.split(candidate).length > first.split(best).length) best = candidate;
  return best;
}
