/** Opens a file of weights or a run: what is in it, key by key, before anything of it is used. */
import { Button, FileButton, Group, Modal } from '@mantine/core';
import { closeFile, openFile } from '../../state/moving-actions.ts';
import { isPickled, WEIGHT_FILES } from '../../state/moving-drop.ts';
import panel from '../panels/panels.module.css';
import { useMoving } from '../use-stores.ts';
import { FoundFile } from './FoundFile.tsx';
import classes from './moving.module.css';

export function OpenFile() {
  const opening = useMoving((s) => s.opening);
  return (
    <Modal
      opened
      onClose={closeFile}
      title={opening ? opening.file.name : 'Open weights or a run'}
      size={720}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {opening === null && <Invitation />}
      {opening?.refusal && (
        <>
          <p className={classes.refusal} role="alert">
            {opening.refusal}
          </p>
          {isPickled(opening.file.name) && (
            <div className={classes.report}>
              <Converter />
            </div>
          )}
          <Group justify="flex-end" gap="xs" mt="md">
            <Choose label="Choose another file" />
          </Group>
        </>
      )}
      {opening && !opening.refusal && !opening.opened && <p role="status">Reading…</p>}
      {opening?.opened && <FoundFile opened={opening.opened} file={opening.file} />}
    </Modal>
  );
}

function Invitation() {
  return (
    <>
      <p className="prose">
        A <code>.safetensors</code> file: weights of a vision transformer under official DINO, timm or Hugging
        Face names, of a ResNet under torchvision’s, or a run that was saved here; also in the zip for Hugging
        Face. What is found in it is shown before anything is used.
      </p>
      <Converter />
      <p className={panel.quiet}>A file can also be dropped anywhere on the page.</p>
      <Group justify="flex-end" mt="md">
        <Choose label="Choose a file" />
      </Group>
    </>
  );
}

function Converter() {
  return (
    <>
      <p className={panel.quiet}>
        The official checkpoints come as <code>.pth</code>, which runs code when it is opened. Three lines of
        Python convert one:
      </p>
      <pre className={classes.code}>{CONVERTER}</pre>
    </>
  );
}

const CONVERTER = [
  'import torch; from safetensors.torch import save_file',
  "weights = torch.load('dino_deitsmall16_pretrain.pth', map_location='cpu')",
  "save_file({k: v.contiguous() for k, v in weights.items()}, 'dino_vits16.safetensors')",
].join('\n');

function Choose({ label }: { label: string }) {
  return (
    <FileButton
      accept={WEIGHT_FILES}
      onChange={(file) => file && openFile(file)}
      inputProps={{ 'aria-label': label }}
    >
      {(props) => (
        <Button {...props} data-autofocus>
          {label}
        </Button>
      )}
    </FileButton>
  );
}
