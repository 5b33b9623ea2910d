/** The collapse laboratory: switches to collapse a run with, what it has come to, and the answers behind it. */
import { useEffect } from 'react';
import { startDiagnosing } from '../../state/diagnosing.ts';
import { Diagnosis } from './Diagnosis.tsx';
import { Distributions } from './Distributions.tsx';
import { Histogram } from './Histogram.tsx';
import { Switches } from './Switches.tsx';

export function CollapseTab() {
  useEffect(startDiagnosing, []);
  return (
    <>
      <Switches />
      <Diagnosis />
      <Histogram />
      <Distributions />
    </>
  );
}
