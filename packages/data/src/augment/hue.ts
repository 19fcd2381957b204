/**
 * Turning the colour circle, byte for byte as torchvision does on PIL images: to hue, saturation and value of 8 bits
 * each, where the hue is moved, and back. The way there and back alone changes colours by a few steps.
 *
 * Source: Pillow's Convert.c (rgb2hsv, hsv2rgb, after Python's colorsys); torchvision's adjust_hue. Which steps are
 * rounded to float32 is part of the result.
 */
import { checkImage, checkNumber } from '../checks.js';
import type { RasterImage } from '../image/raster.js';

const { fround } = Math;

/** Hue moved by `turns` of the circle, −½ to ½, in steps of 1/255. Grey images stay as they are; so does alpha. */
export function adjustHue(image: RasterImage, turns: number): RasterImage {
  checkImage('adjustHue', image);
  checkNumber('adjustHue', 'turns', turns, -0.5, 0.5);
  const { width, height, channels, data } = image;
  if (channels < 3) return image;
  const steps = Math.trunc(turns * 255);
  const out = Uint8Array.from(data);
  for (let i = 0; i < data.length; i += channels) {
    const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
    const value = Math.max(r, g, b);
    const range = value - Math.min(r, g, b);
    const saturation = Math.trunc(fround(range / value) * 255);
    if (range === 0 || saturation === 0) out.fill(value, i, i + 3); // grey, or so little colour that it is lost
    else writeRgb(out, i, (hueOf(r, g, b, value, range) + steps) & 255, saturation, value);
  }
  return { width, height, channels, data: out };
}

/** 0 to 255: red is 0, green 85, blue 170. `value` is the largest of the three, `range` that less the smallest, > 0. */
function hueOf(r: number, g: number, b: number, value: number, range: number): number {
  const fromR = fround((value - r) / range);
  const fromG = fround((value - g) / range);
  const fromB = fround((value - b) / range);
  const sixths = fround(r === value ? fromB - fromG : g === value ? 2 + fromR - fromB : 4 + fromG - fromR);
  const turns = sixths / 6 + 1; // ≥ 0, as red reaches from −1 to 1 sixths
  return Math.trunc(fround(turns >= 1 ? turns - 1 : turns) * 255);
}

/** The colour of 8-bit hue, saturation > 0 and value. */
function writeRgb(out: Uint8Array, at: number, hue: number, saturation: number, value: number): void {
  const sector = Math.floor((hue * 6) / 255);
  const f = fround((hue * 6) / 255 - sector); // how far into the sixth
  const s = fround(saturation / 255);
  const p = Math.round(value * (1 - s));
  const q = Math.round(value * (1 - fround(s * f)));
  const t = Math.round(value * (1 - s * (1 - f)));
  switch (sector % 6) {
    case 0: set(out, at, value, t, p); break;
    case 1: set(out, at, q, value, p); break;
    case 2: set(out, at, p, value, t); break;
    case 3: set(out, at, p, q, value); break;
    case 4: set(out, at, t, p, value); break;
    default: set(out, at, value, p, q);
  }
}

function set(out: Uint8Array, at: number, r: number, g: number, b: number): void {
  out[at] = r;
  out[at + 1] = g;
  out[at + 2] = b;
}
