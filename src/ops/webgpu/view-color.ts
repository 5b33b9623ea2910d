/** WGSL of the color steps of a view: the integers of data/color.ts. */
import { TABLES } from '../../core/view-job.ts';

/**
 * Needs `tables` in scope. `colored` does one step of the jitter, numbered as in a job's order; `mean` is the mean luma that
 * contrast turns around.
 */
export const VIEW_COLOR = /* wgsl */ `
struct Color { brightness: f32, contrast: f32, saturation: f32, hue: u32, zero: u32 }

const BRIGHTNESS = 1u;
const CONTRAST = 2u;
const SATURATION = 3u;
const HUE = 4u;

fn unpacked(word: u32) -> vec3u { return vec3u(word & 255u, (word >> 8u) & 255u, (word >> 16u) & 255u); }
fn packed(rgb: vec3u) -> u32 { return rgb.r | (rgb.g << 8u) | (rgb.b << 16u); }
fn stepOf(order: u32, place: u32) -> u32 { return (order >> (4u * place)) & 15u; }
fn luma(rgb: vec3u) -> u32 { return (19595u * rgb.r + 38470u * rgb.g + 7471u * rgb.b + 0x8000u) >> 16u; }
fn byteOf(start: u32, i: u32) -> u32 { return (tables[start + i / 4u] >> (8u * (i % 4u))) & 255u; }

// The product is rounded before the sum, as on the CPU: no compiler can fuse them across a word that it does not know.
fn blended(origin: f32, rgb: vec3u, factor: f32, zero: u32) -> vec3u {
  let product = factor * (vec3f(rgb) - origin);
  let rounded = bitcast<vec3f>(bitcast<vec3u>(product) ^ vec3u(zero));
  return vec3u(clamp(origin + rounded, vec3f(0.0), vec3f(255.0)));
}

// max · (1 − taken / 255²), rounded.
fn lessened(most: u32, taken: u32) -> u32 { return (2u * most * (65025u - taken) + 65025u) / 130050u; }

fn hued(rgb: vec3u, shift: u32) -> vec3u {
  let most = max(rgb.r, max(rgb.g, rgb.b));
  let least = min(rgb.r, min(rgb.g, rgb.b));
  let range = most - least;
  let saturation = byteOf(${TABLES.saturation}u, range * 256u + most);
  if (saturation == 0u) { return vec3u(most); }
  var sextant = select(5u, 4u, rgb.r == least);
  if (rgb.r == most) { sextant = select(1u, 0u, rgb.b == least); }
  else if (rgb.g == most) { sextant = select(3u, 2u, rgb.b == least); }
  let below = 2u * most + least - rgb.r - rgb.g - rgb.b;
  let hue = (byteOf(${TABLES.hue}u, (sextant * 256u + range) * 256u + below) + shift) & 255u;
  let within = (hue * 6u) % 255u;
  let low = lessened(most, saturation * 255u);
  let falling = lessened(most, saturation * within);
  let rising = lessened(most, saturation * (255u - within));
  switch (hue * 6u / 255u) {
    case 1u: { return vec3u(falling, most, low); }
    case 2u: { return vec3u(low, most, rising); }
    case 3u: { return vec3u(low, falling, most); }
    case 4u: { return vec3u(rising, low, most); }
    case 5u: { return vec3u(most, low, falling); }
    default: { return vec3u(most, rising, low); }
  }
}

fn colored(step: u32, rgb: vec3u, color: Color, mean: f32) -> vec3u {
  switch (step) {
    case BRIGHTNESS: { return blended(0.0, rgb, color.brightness, color.zero); }
    case CONTRAST: { return blended(mean, rgb, color.contrast, color.zero); }
    case SATURATION: { return blended(f32(luma(rgb)), rgb, color.saturation, color.zero); }
    case HUE: { return hued(rgb, color.hue); }
    default: { return rgb; }
  }
}
`;
