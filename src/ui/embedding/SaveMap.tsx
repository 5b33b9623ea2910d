/** Saves the map as a picture or as positions, and the features for TensorBoard's Embedding Projector. */
import { Button, Menu } from '@mantine/core';
import { download } from '../../client/download.ts';
import type { KeptMap } from '../../state/embedding.ts';
import { exportProjector, mapName, saveMap } from '../../state/mapping.ts';

interface Props {
  /** The one that is shown; null while there is none. */
  map: KeptMap | null;
  /** No export can begin now. */
  busy: boolean;
  canvas: () => HTMLCanvasElement | null;
}

export function SaveMap({ map, busy, canvas }: Props) {
  const savePicture = async () => {
    const drawn = canvas();
    if (!drawn || !map) return;
    const blob = await new Promise<Blob | null>((resolve) => drawn.toBlob(resolve, 'image/png'));
    if (blob) download(`${mapName(map)}.png`, blob, 'image/png');
  };
  return (
    <Menu position="bottom-end" shadow="md" width={300}>
      <Menu.Target>
        <Button variant="default" size="compact-sm">
          Save map
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled={map === null} onClick={savePicture}>
          Picture (PNG)
        </Menu.Item>
        <Menu.Item disabled={map === null} onClick={saveMap}>
          Positions (JSON)
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item disabled={busy} onClick={exportProjector}>
          Features for TensorBoard’s projector (zip)
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
