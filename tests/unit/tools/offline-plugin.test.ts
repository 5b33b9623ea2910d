/** The built page names the digest of each script and style sheet that it loads. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { pinned } from '../../../tools/offline-plugin.ts';

it('pins what lies under assets/, and nothing else', () => {
  const bytes = Buffer.from('let a = 1;');
  const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`;
  const page = `<link rel="icon" href="./favicon.svg" />
<script type="module" crossorigin src="./assets/index-abc.js"></script>
<link rel="stylesheet" crossorigin href="./assets/index-abc.css">`;
  expect(pinned(page, () => bytes)).toBe(`<link rel="icon" href="./favicon.svg" />
<script type="module" crossorigin src="./assets/index-abc.js" integrity="${integrity}"></script>
<link rel="stylesheet" crossorigin href="./assets/index-abc.css" integrity="${integrity}">`);
});
