/** What a map does on the page: where one looks, which point is meant, what it is colored by, how points move. */
import { describe, expect, it } from 'vitest';
import { PURPOSE, rng } from '../../../src/core/rng.ts';
import { aspectOf, panned, toMap, toScreen, WHOLE, zoomed } from '../../../src/ui/embedding/camera.ts';
import { DotLayer } from '../../../src/ui/embedding/dot-layer.ts';
import { groupColors, groupsOf, idsIn } from '../../../src/ui/embedding/groups.ts';
import { fitted, Motion } from '../../../src/ui/embedding/motion.ts';
import { PointIndex } from '../../../src/ui/embedding/point-index.ts';

const size = { width: 600, height: 400 };

describe('the camera', () => {
  it('keeps what lies under the pointer there while it zooms', () => {
    const at = { x: 410, y: 130 };
    const before = panned(zoomed(WHOLE, size, 3, { x: 300, y: 200 }), size, 40, -25);
    const place = toMap(before, size, at);
    const after = zoomed(before, size, 1.7, at);
    const again = toScreen(after, size, place);
    expect(again.x).toBeCloseTo(at.x, 9);
    expect(again.y).toBeCloseTo(at.y, 9);
    expect(after.zoom).toBeCloseTo(5.1, 9);
  });

  it('shows the whole map at first, and never loses it', () => {
    for (const corner of [-1, 1])
      for (const { x, y } of [toScreen(WHOLE, size, { x: corner * aspectOf(size), y: corner })]) {
        expect(x > 0 && x < size.width).toBe(true);
        expect(y > 0 && y < size.height).toBe(true);
      }
    expect(panned(WHOLE, size, 1e6, -1e6)).toEqual({ x: -1, y: 1, zoom: 1 });
    expect(zoomed(WHOLE, size, 1e9, { x: 300, y: 200 }).zoom).toBe(200);
  });
});

describe('points by place', () => {
  const random = rng(5, PURPOSE.embedding);
  const positions = Float32Array.from({ length: 600 }, () => random.between(-1, 1));
  const squared = (i: number, x: number, y: number) =>
    ((positions[2 * i] ?? 0) - x) ** 2 + ((positions[2 * i + 1] ?? 0) - y) ** 2;
  const all = Array.from({ length: 300 }, (_, i) => i);

  it('finds the nearest that is shown, as going through all of them does', () => {
    const index = new PointIndex(positions, (i) => i % 3 > 0);
    for (let trial = 0; trial < 200; trial++) {
      const [x, y, radius] = [random.between(-1.1, 1.1), random.between(-1.1, 1.1), random.between(0, 0.2)];
      const near = all
        .filter((i) => i % 3 > 0 && squared(i, x, y) <= radius ** 2)
        .sort((a, b) => squared(a, x, y) - squared(b, x, y));
      expect(index.nearest({ x, y }, radius)).toBe(near[0] ?? null);
    }
  });

  it('gives those around a point, itself first', () => {
    const index = new PointIndex(positions, () => true);
    const [x, y] = [positions[14] ?? 0, positions[15] ?? 0];
    const expected = [...all].sort((a, b) => squared(a, x, y) - squared(b, x, y)).slice(0, 5);
    expect(index.around(7, 5)).toEqual(expected);
  });

  it('walks the way that a key points, and to every point sooner or later', () => {
    const index = new PointIndex(positions, () => true);
    const ways = ['left', 'right', 'up', 'down'] as const;
    const right = index.beside(7, 'right');
    expect(positions[2 * (right ?? 7)]).toBeGreaterThan(positions[14] ?? 0);
    const reached = new Set([0]);
    for (const from of reached)
      for (const way of ways) {
        const next = index.beside(from, way);
        if (next !== null) reached.add(next);
      }
    // A point that is nobody's next in any direction is met by the pointer alone; there are few.
    expect(reached.size).toBeGreaterThan(285);
  });

  it('finds those inside a line that was drawn, a bent one too', () => {
    const index = new PointIndex(Float32Array.of(0, 0, 0.5, 0.5, -0.5, 0.5, 0, -0.5), () => true);
    const notch = [
      { x: -1, y: -1 },
      { x: 1, y: -1 },
      { x: 1, y: 1 },
      { x: 0, y: -0.2 },
      { x: -1, y: 1 },
    ];
    expect(index.within(notch)).toEqual([3]);
    expect(index.within([...notch.slice(0, 3), { x: -1, y: 1 }]).sort()).toEqual([0, 1, 2, 3]);
    expect(index.within([])).toEqual([]);
  });
});

describe('groups', () => {
  const images = {
    ids: Int32Array.of(0, 2, 5, 9),
    of: 12,
    classes: ['cat', 'dog'],
    labels: Int32Array.of(1, 0, -1, 1),
    folders: ['a', 'b'],
    folderOf: Int32Array.of(0, 0, 1, 1),
  };

  it('are labels with those that have none, folders, splits, or clusters once there are any', () => {
    expect(groupsOf('label', images, null, 6)).toEqual({
      names: ['cat', 'dog', 'no label'],
      counts: [1, 2, 1],
      of: Int32Array.of(1, 0, 2, 1),
    });
    expect(groupsOf('folder', images, null, 6).counts).toEqual([2, 2]);
    expect(groupsOf('split', images, null, 6).counts).toEqual([3, 1]);
    expect(groupsOf('cluster', images, null, 6)).toMatchObject({ names: ['not known yet'], counts: [4] });
    const clusters = groupsOf('cluster', images, Int32Array.of(2, 0, 0, 2), 6);
    expect(clusters.counts).toEqual([2, 0, 2]);
    expect(idsIn(clusters, 2, images)).toEqual([0, 9]);
  });

  it('have colors of their own, in the light and in the dark', () => {
    for (const dark of [false, true]) expect(new Set(groupColors(24, dark)).size).toBe(24);
    expect(groupColors(8, true)).not.toEqual(groupColors(8, false));
  });
});

describe('points on their way', () => {
  it('lie from −1 to 1, in the shape that they have', () => {
    expect([...fitted(Float32Array.of(10, 0, 14, 1, 12, 2))]).toEqual([-1, -0.5, 1, 0, 0, 0.5]);
    expect([...fitted(Float32Array.of(10, 0, 14, 1, 12, 2), 1.5)]).toEqual([-1.5, -0.75, 1.5, 0, 0, 0.75]);
    expect([...fitted(Float32Array.of(10, 0, 11, 4), 1.5)]).toEqual([-0.25, -1, 0.25, 1]);
    expect([...fitted(Float32Array.of(3, 4))]).toEqual([0, 0]);
  });

  it('go from where they are to where they belong, and at once where they are others', () => {
    const motion = new Motion();
    motion.go(Float32Array.of(0, 0), 100, 0);
    expect([...motion.positions]).toEqual([0, 0]);
    motion.go(Float32Array.of(1, -1), 100, 1000);
    expect(motion.at(1050)).toBe(true);
    expect([...motion.positions]).toEqual([0.5, -0.5]);
    // On the way it is sent back: it turns from where it is.
    motion.go(Float32Array.of(0, 0), 100, 1050);
    expect([...motion.positions]).toEqual([0.5, -0.5]);
    expect(motion.at(1200)).toBe(false);
    expect([...motion.positions, ...motion.destination]).toEqual([0, 0, 0, 0]);
    motion.go(Float32Array.of(1, 1, 2, 2), 100, 1300);
    expect([...motion.positions]).toEqual([1, 1, 2, 2]);
  });
});

it('stamps dots on the ground by their alpha, and leaves out what lies outside', () => {
  const layer = new DotLayer(3, 2);
  const stamp = {
    side: 2,
    rgba: Uint8ClampedArray.of(...[200, 0, 0, 255], ...[0, 0, 0, 0], ...[0, 100, 0, 51], ...[9, 9, 9, 255]),
  };
  const at = (x: number, y: number) => [...layer.data.subarray(4 * (3 * y + x), 4 * (3 * y + x) + 4)];
  layer.clear(10, 20, 30);
  layer.put(stamp, 1, 0);
  expect(at(0, 0)).toEqual([10, 20, 30, 255]);
  expect(at(1, 0)).toEqual([200, 0, 0, 255]);
  expect(at(2, 0)).toEqual([10, 20, 30, 255]);
  expect(at(1, 1)).toEqual([8, 36, 24, 255]);
  expect(at(2, 1)).toEqual([9, 9, 9, 255]);
  layer.clear(0, 0, 0);
  for (const [left, top] of [
    [-1, -1],
    [2, 1],
    [-5, 0],
    [0, 7],
  ] as const)
    layer.put(stamp, left, top);
  expect(at(0, 0)).toEqual([9, 9, 9, 255]);
  expect(at(2, 1)).toEqual([200, 0, 0, 255]);
  expect([at(1, 0), at(2, 0), at(0, 1), at(1, 1)]).toEqual(Array(4).fill([0, 0, 0, 255]));
});
