/** Saves the large map, or a sheet with every head labelled, as PNG. */
import { Button, Menu } from '@mantine/core';
import { download } from '../../client/download.ts';
import { nameOf, useCard } from '../panels/Thumbnail.tsx';
import { useLooks } from '../use-stores.ts';
import type { Drawing } from './DrawingTools.tsx';
import { mapsOf } from './look-maps.ts';
import { useLookStyle } from './map-style.ts';
import { drawMap, drawSheet, fileName } from './sheet.ts';

export function SaveMaps({ drawing }: { drawing: Drawing }) {
  const result = useLooks((state) => state.result);
  const head = useLooks((state) => state.head);
  const photo = useLooks((state) => state.photo);
  const card = useCard(result && result.look.image !== 'photo' ? result.look.image : 0);
  const style = useLookStyle(drawing);
  const maps = result && mapsOf(result, head);
  const subject =
    result === null || result.look.image === 'photo'
      ? (photo?.name ?? 'photo')
      : nameOf(result.look.image, card);
  const save = async (canvas: HTMLCanvasElement, part: string) => {
    if (!result) return;
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob) download(fileName(result, part), blob, 'image/png');
  };
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" size="compact-sm" disabled={result === null}>
          Save picture
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          onClick={() => result && save(drawMap(result, maps, style), maps?.chosen.name ?? 'colors')}
        >
          Save this picture (PNG)
        </Menu.Item>
        {maps && maps.all.length > 1 && (
          <Menu.Item onClick={() => result && save(drawSheet(result, maps, style, subject), 'sheet')}>
            Save every head on one sheet (PNG)
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
