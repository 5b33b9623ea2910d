/** To be imported first of all by every entry: zod tries to make functions of text, which the page's policy refuses. */
import { z } from 'zod';

z.config({ jitless: true });
