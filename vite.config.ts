/** How the page is bundled and served: a static build for any folder, cross-origin isolated where we serve it. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Without these a page has no SharedArrayBuffer, and WASM stays on one thread. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export default defineConfig({
  base: './',
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // tfjs alone is larger than the size at which Vite begins to warn.
    chunkSizeWarningLimit: 4000,
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
