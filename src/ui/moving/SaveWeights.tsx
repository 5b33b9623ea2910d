/** Asks which network's backbone is to leave, and under which names; says how Python reads it. */
import { Button, Code, Group, Modal, Radio, SegmentedControl, Stack } from '@mantine/core';
import { useState } from 'react';
import {
  type NetworkName,
  networkNameSchema,
  type WeightNames,
  weightNamesSchema,
} from '../../protocol/moving.ts';
import { saveWeights } from '../../state/moving-actions.ts';
import { weightsReader } from '../../state/moving-text.ts';
import panel from '../panels/panels.module.css';
import { useSession } from '../use-stores.ts';

/** `residual` is what holds of a ResNet. */
const NAMES: readonly { value: WeightNames; label: string; note: string; residual: string }[] = [
  {
    value: 'official',
    label: 'Official DINO',
    note: 'The names and layouts of facebookresearch/dino, as its published backbones have them.',
    residual: 'The names and layouts of torchvision, which facebookresearch/dino builds its ResNets with.',
  },
  {
    value: 'timm',
    label: 'timm',
    note: 'The same names: timm’s vision transformers are built alike.',
    residual: 'The same names: timm’s ResNets are built alike.',
  },
  {
    value: 'hugging-face',
    label: 'Hugging Face',
    note: 'A zip with model.safetensors, config.json (LayerNorm ε 1e-6) and preprocessor_config.json for ViTModel.',
    residual: 'For vision transformers alone: its ViTModel is no ResNet.',
  },
];

export function SaveWeights({ onClose }: { onClose: () => void }) {
  const config = useSession((s) => s.runConfig);
  const [network, setNetwork] = useState<NetworkName>('teacher');
  const [names, setNames] = useState<WeightNames>('official');
  // Hugging Face's names are those of its ViTModel.
  const vit = config?.backbone.architecture === 'vit';
  const save = () => {
    saveWeights(network, names);
    onClose();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title="Save weights"
      size={600}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="md">
        <p className={panel.quiet}>
          The backbone of one network, without its head, as 32-bit floats in safetensors.
        </p>
        <SegmentedControl
          aria-label="Network"
          size="xs"
          value={network}
          onChange={(value) => setNetwork(networkNameSchema.parse(value))}
          data={[
            { value: 'teacher', label: 'Teacher' },
            { value: 'student', label: 'Student' },
          ]}
        />
        <p className={panel.quiet}>
          {network === 'teacher'
            ? 'The slow average: what evaluations look at, and what the paper publishes.'
            : 'What the gradient moves: noisier than the teacher.'}
        </p>
        <Radio.Group
          label="Names"
          value={names}
          onChange={(value) => setNames(weightNamesSchema.parse(value))}
        >
          <Stack gap={8} mt={6}>
            {NAMES.map(({ value, label, note, residual }) => (
              <Radio
                key={value}
                size="xs"
                value={value}
                label={label}
                description={vit ? note : residual}
                disabled={!vit && value === 'hugging-face'}
              />
            ))}
          </Stack>
        </Radio.Group>
        {config && (
          <div>
            <p className={panel.quiet}>In Python:</p>
            <Code block>{weightsReader(names, config)}</Code>
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={save} data-autofocus>
            Save
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
