/** The page begins here. */
import '../core/no-eval.ts';
import '@mantine/core/styles.css';
import './tokens.css';
import './app.css';
import './images/images.css';
import './panels/settings.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { keepOffline } from '../client/offline.ts';
import { nothingBegun } from '../state/session.ts';
import { start } from '../state/start.ts';
import { App } from './App.tsx';
import { cssVariables, theme } from './theme.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element #root to render into');

start();
// A browser that refuses to keep the page shows it all the same.
keepOffline(nothingBegun).catch(() => undefined);
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <App />
    </MantineProvider>
  </StrictMode>,
);
