/** Draws a map: one canvas, at most once a frame, whatever has changed. */
import type { Size } from '../canvas/fit.ts';
import { type Camera, type Point, scaleOf, toScreen, WHOLE } from './camera.ts';
import { DotLayer, type Stamp } from './dot-layer.ts';
import { Motion } from './motion.ts';
import { PointIndex } from './point-index.ts';
import type { Thumbnails } from './thumbnails.ts';

/** How the points look. */
export interface Appearance {
  /** Image ids of the points. */
  ids: Int32Array;
  /** Index into `colors`, for every point. */
  groupOf: Int32Array;
  colors: readonly string[];
  hidden: ReadonlySet<number>;
  pictures: boolean;
  /** Of the ground, and of the marks on it. */
  paper: string;
  ink: string;
  accent: string;
}

/** More points in view than this are points, not pictures. */
const MOST_PICTURES = 260;
const LARGEST_DOT = 6;
const PICTURE = { least: 22, most: 60 };

export class Scene {
  camera: Camera = WHOLE;
  size: Size = { width: 1, height: 1 };
  private readonly canvas: HTMLCanvasElement;
  private readonly thumbnails: Thumbnails;
  private readonly motion = new Motion();
  private ratio = 1;
  private look: Appearance | null = null;
  private layer = new DotLayer(1, 1);
  private stamps: Stamp[] = [];
  private stampsFor = '';
  private ground: Stamp = { side: 1, rgba: new Uint8ClampedArray(4) };
  private marked: number | null = null;
  private line: readonly Point[] = [];
  private frame: number | null = null;
  private index: PointIndex | null = null;

  constructor(canvas: HTMLCanvasElement, thumbnails: Thumbnails) {
    this.canvas = canvas;
    this.thumbnails = thumbnails;
  }

  resize(size: Size, ratio: number): void {
    this.size = size;
    this.ratio = ratio;
    this.canvas.width = Math.round(size.width * ratio);
    this.canvas.height = Math.round(size.height * ratio);
    this.layer = new DotLayer(this.canvas.width, this.canvas.height);
    this.paint();
  }

  /** @param positions [n, 2], from −1 to 1 */
  move(positions: Float32Array, milliseconds: number): void {
    this.motion.go(positions, milliseconds, performance.now());
    this.index = null;
    this.draw();
  }

  appear(look: Appearance): void {
    this.look = look;
    this.index = null;
    this.stampsFor = '';
    this.draw();
  }

  see(camera: Camera): void {
    this.camera = camera;
    this.draw();
  }

  mark(point: number | null): void {
    if (point === this.marked) return;
    this.marked = point;
    this.draw();
  }

  /** A line that is being drawn, CSS pixels. */
  trace(line: readonly Point[]): void {
    this.line = line;
    this.draw();
  }

  /** The shown points, where they are or will be. */
  get points(): PointIndex {
    this.index ??= new PointIndex(this.motion.destination, (i) => this.isShown(i));
    return this.index;
  }

  /** CSS pixels; null where there is no such point. */
  placeOf(point: number): Point | null {
    const { destination } = this.motion;
    if (2 * point >= destination.length) return null;
    return toScreen(this.camera, this.size, {
      x: destination[2 * point] ?? 0,
      y: destination[2 * point + 1] ?? 0,
    });
  }

  draw(): void {
    this.frame ??= requestAnimationFrame((now) => {
      this.frame = null;
      const moving = this.motion.at(now);
      this.paint();
      if (moving) this.draw();
    });
  }

  close(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
  }

  /** Draws now, as for a picture that is saved. */
  paint(): void {
    const context = this.canvas.getContext('2d');
    if (!context || !this.look) return;
    const { ratio, look } = this;
    const seen = this.inView(look);
    const radius = this.dotRadius(look.ids.length);
    this.stampDots(look, seen, radius);
    this.layer.show(context);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (look.pictures && seen.length <= MOST_PICTURES) this.paintPictures(context, look, seen);
    this.paintMark(context, look, radius);
    this.paintLine(context, look);
  }

  private isShown(i: number): boolean {
    return this.look !== null && !this.look.hidden.has(this.look.groupOf[i] ?? 0);
  }

  /** Points on the canvas that are shown. */
  private inView({ ids }: Appearance): number[] {
    const { camera, size } = this;
    const { positions } = this.motion;
    const scale = scaleOf(camera, size);
    const [halfWidth, halfHeight] = [
      (size.width / 2 + PICTURE.most) / scale,
      (size.height / 2 + PICTURE.most) / scale,
    ];
    const seen: number[] = [];
    for (let i = 0; i < ids.length && 2 * i < positions.length; i++) {
      if (Math.abs((positions[2 * i] ?? 0) - camera.x) > halfWidth) continue;
      if (Math.abs((positions[2 * i + 1] ?? 0) - camera.y) > halfHeight) continue;
      if (this.isShown(i)) seen.push(i);
    }
    return seen;
  }

  private dotRadius(count: number): number {
    const small = count > 5000 ? 1.9 : count > 1500 ? 2.5 : count > 400 ? 3.2 : 4;
    return Math.min(LARGEST_DOT, small * Math.max(1, this.camera.zoom) ** 0.35);
  }

  private stampDots(look: Appearance, seen: readonly number[], radius: number): void {
    const { camera, size, ratio, layer } = this;
    const wanted = `${radius.toFixed(2)} ${ratio}`;
    if (this.stampsFor !== wanted) {
      this.stamps = look.colors.map((color) => dot(color, look.paper, radius * ratio, ratio));
      this.ground = dot(look.paper, look.paper, 2, 1);
      this.stampsFor = wanted;
    }
    const middle = 4 * Math.floor(this.ground.rgba.length / 8);
    const [red = 0, green = 0, blue = 0] = this.ground.rgba.subarray(middle, middle + 3);
    layer.clear(red, green, blue);
    const { positions } = this.motion;
    const scale = scaleOf(camera, size) * ratio;
    const left = (size.width / 2) * ratio - camera.x * scale;
    const top = (size.height / 2) * ratio - camera.y * scale;
    for (const i of seen) {
      const stamp = this.stamps[look.groupOf[i] ?? 0];
      if (!stamp) continue;
      const x = (positions[2 * i] ?? 0) * scale + left - stamp.side / 2;
      const y = (positions[2 * i + 1] ?? 0) * scale + top - stamp.side / 2;
      layer.put(stamp, Math.round(x), Math.round(y));
    }
  }

  /** Pictures where no other is in the way; the points of the others stay points. */
  private paintPictures(context: CanvasRenderingContext2D, look: Appearance, seen: readonly number[]): void {
    const { width, height } = this.size;
    const room = Math.sqrt((width * height) / Math.max(1, seen.length));
    const side = Math.round(Math.min(PICTURE.most, Math.max(PICTURE.least, 0.62 * room)));
    const taken = new Set<string>();
    context.imageSmoothingEnabled = true;
    for (const i of seen) {
      const place = this.drawnAt(i);
      const [column, row] = [Math.floor((2 * place.x) / side), Math.floor((2 * place.y) / side)];
      const cells = [0, 1, -1].flatMap((dx) => [0, 1, -1].map((dy) => `${column + dx} ${row + dy}`));
      if (cells.some((cell) => taken.has(cell))) continue;
      const picture = this.thumbnails.get(look.ids[i] ?? 0);
      if (!picture) continue;
      taken.add(`${column} ${row}`);
      const scale = side / Math.max(picture.width, picture.height);
      const [w, h] = [picture.width * scale, picture.height * scale];
      context.fillStyle = look.colors[look.groupOf[i] ?? 0] ?? look.ink;
      context.beginPath();
      context.roundRect(place.x - w / 2 - 2, place.y - h / 2 - 2, w + 4, h + 4, 4);
      context.fill();
      context.drawImage(picture, place.x - w / 2, place.y - h / 2, w, h);
    }
    this.thumbnails.ask();
  }

  private drawnAt(i: number): Point {
    const { positions } = this.motion;
    return toScreen(this.camera, this.size, { x: positions[2 * i] ?? 0, y: positions[2 * i + 1] ?? 0 });
  }

  private paintMark(context: CanvasRenderingContext2D, look: Appearance, radius: number): void {
    if (this.marked === null || !this.isShown(this.marked)) return;
    const { x, y } = this.drawnAt(this.marked);
    for (const [color, width] of [
      [look.paper, 5],
      [look.ink, 2],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, radius + 4, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  private paintLine(context: CanvasRenderingContext2D, look: Appearance): void {
    if (this.line.length < 2) return;
    context.beginPath();
    for (const { x, y } of this.line) context.lineTo(x, y);
    context.closePath();
    context.globalAlpha = 0.12;
    context.fillStyle = look.accent;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = look.accent;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** A disc with a rim of the ground's color, so that dots on each other can be told apart. Device pixels. */
function dot(color: string, rim: string, radius: number, ratio: number): Stamp {
  const side = 2 * Math.ceil(radius + ratio) + 1;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) return { side: 0, rgba: new Uint8ClampedArray() };
  const disc = (r: number, fill: string) => {
    context.beginPath();
    context.arc(side / 2, side / 2, r, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
  };
  context.globalAlpha = 0.75;
  disc(radius + 0.7 * ratio, rim);
  context.globalAlpha = 1;
  disc(radius, color);
  return { side, rgba: context.getImageData(0, 0, side, side).data };
}
