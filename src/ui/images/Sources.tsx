/** Where images come from: dropped, picked as a folder or files, or made as samples. */
import { UnstyledButton } from '@mantine/core';
import type { ReactNode } from 'react';
import { loadSamples } from '../../state/actions.ts';
import { loadPicked } from '../../state/gathering.ts';
import { useDataset, useSettings } from '../use-stores.ts';

export function Sources() {
  const source = useSettings((s) => s.config.data.source);
  const loaded = useDataset((s) => s.summary !== null);
  return (
    <>
      <div className="sources">
        <p className="quiet">
          Drop folders, images, videos, .zip, .tar, .tgz or .parquet anywhere. They never leave this computer.
        </p>
        <div className="pickers">
          <Picker folder>Choose a folder</Picker>
          <Picker>Choose files</Picker>
        </div>
      </div>
      <fieldset className="sampleChoices bare" aria-label="Samples">
        <SampleChoice kind="samples" used={loaded && source === 'samples'}>
          Built-in samples
        </SampleChoice>
        <SampleChoice kind="tinted" used={loaded && source === 'tinted'}>
          Tinted samples (a lesson in shortcuts)
        </SampleChoice>
      </fieldset>
    </>
  );
}

function Picker({ folder = false, children }: { folder?: boolean; children: ReactNode }) {
  return (
    <label className="picker">
      {children}
      <input
        type="file"
        multiple
        {...(folder ? { webkitdirectory: '' } : {})}
        onChange={(event) => {
          const { files } = event.currentTarget;
          if (files && files.length > 0) loadPicked(files);
          // The same folder can be chosen again after it changed.
          event.currentTarget.value = '';
        }}
      />
    </label>
  );
}

interface SampleChoiceProps {
  kind: 'samples' | 'tinted';
  used: boolean;
  children: ReactNode;
}

function SampleChoice({ kind, used, children }: SampleChoiceProps) {
  return (
    <UnstyledButton className="link" aria-pressed={used} onClick={() => loadSamples(kind)}>
      {children}
    </UnstyledButton>
  );
}
