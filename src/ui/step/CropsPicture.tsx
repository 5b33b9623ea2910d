/** Phase 1: the image with its boxes, and the views cut from it, all at one scale. */
import { BOX_COLORS } from '../canvas/boxes.ts';
import { crispSize, type Size } from '../canvas/fit.ts';
import { PixelCanvas } from '../canvas/PixelCanvas.tsx';
import { usePixelRatio } from '../canvas/pixel-ratio.ts';
import { viewTag } from './answers.ts';
import classes from './picture.module.css';
import type { PictureProps } from './pictures.ts';
import { ViewPicture } from './ViewPicture.tsx';

const GAP = 10;
/** Borders of a view. */
const FRAME = 6;

export function CropsPicture({ anatomy: { specimen }, room }: PictureProps) {
  const ratio = usePixelRatio();
  const { original, views } = specimen;
  const size = crispSize(original, { width: room.width * 0.44, height: room.height }, ratio);
  const rest = { width: room.width - size.width - 24, height: room.height };
  const scale = largestScale(
    views.map(({ pixels }) => pixels.width),
    rest,
  );
  return (
    <div className={classes.crops}>
      <Boxed size={size} specimen={specimen} />
      <div className={classes.views} style={{ gap: GAP, width: rest.width }}>
        {views.map(({ index, pixels }) => (
          <ViewPicture key={index} views={views} index={index} side={Math.floor(pixels.width * scale)} />
        ))}
      </div>
    </div>
  );
}

/** The largest scale at which pictures of these widths, set in lines, fit into the room. */
function largestScale(widths: readonly number[], room: Size): number {
  for (let scale = 8; scale > 0.1; scale *= 0.96) {
    let x = 0;
    let height = 0;
    let line = 0;
    for (const width of widths) {
      const side = Math.floor(width * scale) + FRAME;
      if (x > 0 && x + side > room.width) {
        height += line + GAP;
        x = 0;
        line = 0;
      }
      x += side + GAP;
      line = Math.max(line, side);
    }
    const widest = Math.max(...widths) * scale + FRAME;
    if (height + line <= room.height && widest <= room.width) return scale;
  }
  return 0.1;
}

function Boxed({
  size,
  specimen: { original, views, id },
}: {
  size: Size;
  specimen: PictureProps['anatomy']['specimen'];
}) {
  const scale = size.width / original.width;
  return (
    <div className={classes.boxed} style={size}>
      <PixelCanvas
        pixels={original}
        size={size}
        label={`Image ${id} with the boxes of its ${views.length} views`}
      />
      <svg width={size.width} height={size.height} aria-hidden="true">
        {views.map(({ box, kind, index }) => {
          const color = BOX_COLORS[kind];
          const at = { x: box.left * scale + 1.5, y: box.top * scale + 1.5 };
          const side = {
            width: Math.max(1, box.width * scale - 3),
            height: Math.max(1, box.height * scale - 3),
          };
          return (
            <g key={index}>
              <rect {...at} {...side} fill="none" stroke="rgb(0 0 0 / 55%)" strokeWidth={4.5} />
              <rect
                {...at}
                {...side}
                fill="none"
                stroke={color}
                strokeWidth={2.5}
                strokeDasharray={kind === 'local' ? '7 4' : undefined}
              />
              <rect x={at.x} y={at.y} width={28} height={20} fill={color} />
              <text
                x={at.x + 14}
                y={at.y + 15.5}
                fontSize={16}
                fontWeight={650}
                textAnchor="middle"
                fill="#10181a"
              >
                {viewTag(views, index)}
              </text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
