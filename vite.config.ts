/** How the page is bundled and served: a static build for any folder, cross-origin isolated where we serve it. */
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { offline, pageHeaders } from './tools/offline-plugin.ts';
import { ISOLATION_HEADERS } from './tools/page-headers.ts';
import { buildKernels } from './tools/wasm-kernels.ts';

/**
 * tfjs starts its WASM threads from the text of a function, which must not lean on a variable around it. The function
 * asks with typeof whether that variable is there; a minifier knows that it is and drops the question.
 */
const selfContainedThreads = (): Plugin => ({
  name: 'self-contained-wasm-threads',
  transform(code, id) {
    if (!id.includes('tfjs-backend-wasm-threaded-simd.js')) return null;
    return code
      .replace('if(typeof _scriptDir !== "undefined" && _scriptDir){scriptDirectory=_scriptDir}', '')
      .replace('||_scriptDir', '');
  },
});

/** The binaries that the trainer loads are there before anything asks for them. */
const wasmKernels = (): Plugin => ({ name: 'wasm-kernels', buildStart: () => buildKernels() });

export default defineConfig({
  base: './',
  plugins: [react(), wasmKernels(), offline(), pageHeaders()],
  worker: { format: 'es', plugins: () => [selfContainedThreads()] },
  build: {
    target: 'es2022',
    // tfjs alone is larger than the size at which Vite begins to warn.
    chunkSizeWarningLimit: 4000,
  },
  // The policy would stop what the development server puts into the page.
  server: { headers: ISOLATION_HEADERS },
});
