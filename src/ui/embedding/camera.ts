/** Where one looks at a map: its middle, and how far it is enlarged. Places on it go from −1 to 1 from top to bottom. */
import type { Size } from '../canvas/fit.ts';

export interface Camera {
  x: number;
  y: number;
  /** 1 shows the whole map. */
  zoom: number;
}

export interface Point {
  x: number;
  y: number;
}

export const WHOLE: Camera = { x: 0, y: 0, zoom: 1 };
const ZOOM = { least: 0.5, most: 200 };
/** Left free around the map, CSS pixels. */
const MARGIN = 22;

/** How far the map goes to the left and right, where 1 is as far as to the top. */
export function aspectOf({ width, height }: Size): number {
  return Math.max(1, (width - 2 * MARGIN) / Math.max(1, height - 2 * MARGIN));
}

/** CSS pixels that a length of 1 on the map takes. */
export function scaleOf({ zoom }: Camera, { width, height }: Size): number {
  return zoom * Math.max(1, Math.min(width, height) / 2 - MARGIN);
}

export function toScreen(camera: Camera, size: Size, { x, y }: Point): Point {
  const scale = scaleOf(camera, size);
  return { x: size.width / 2 + (x - camera.x) * scale, y: size.height / 2 + (y - camera.y) * scale };
}

export function toMap(camera: Camera, size: Size, { x, y }: Point): Point {
  const scale = scaleOf(camera, size);
  return { x: camera.x + (x - size.width / 2) / scale, y: camera.y + (y - size.height / 2) / scale };
}

/** By so many CSS pixels. */
export function panned(camera: Camera, size: Size, dx: number, dy: number): Camera {
  const scale = scaleOf(camera, size);
  return kept({ ...camera, x: camera.x - dx / scale, y: camera.y - dy / scale });
}

/** What lies under `at`, CSS pixels, stays there. */
export function zoomed(camera: Camera, size: Size, factor: number, at: Point): Camera {
  const zoom = Math.min(ZOOM.most, Math.max(ZOOM.least, camera.zoom * factor));
  const fixed = toMap(camera, size, at);
  const under = toMap({ ...camera, zoom }, size, at);
  return kept({ x: camera.x + fixed.x - under.x, y: camera.y + fixed.y - under.y, zoom });
}

/** The middle stays on the map, so that it cannot be lost. */
function kept({ x, y, zoom }: Camera): Camera {
  const within = (value: number) => Math.min(1, Math.max(-1, value));
  return { x: within(x), y: within(y), zoom };
}
