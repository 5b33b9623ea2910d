/** The runs of this visit side by side: a list to switch and fork by, their curves, settings and attention. */
import { KeptList } from '../keeping/KeptList.tsx';
import { Attentions } from './Attentions.tsx';
import { Maps } from './Maps.tsx';
import { RunCurves } from './RunCurves.tsx';
import { RunList } from './RunList.tsx';
import classes from './runs.module.css';
import { SettingsCompared } from './SettingsCompared.tsx';

export function RunsTab() {
  return (
    <div className={classes.colors}>
      <RunList />
      <KeptList />
      <RunCurves />
      <SettingsCompared />
      <Maps />
      <Attentions />
    </div>
  );
}
