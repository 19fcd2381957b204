/**
 * Turning, moving, stretching and slanting, byte for byte as PIL does. For every pixel of the result an affine map says
 * where in the image its middle lies; there the nearest pixel is taken, or a mean of four.
 *
 * Source: Pillow's Geometry.c (ImagingTransformAffine) and Image.py (rotate); torchvision's functional.py
 * (_get_inverse_affine_matrix).
 */
import { checkChoice, checkImage, checkNumber, refuse } from '../checks.js';
import type { RasterImage } from '../image/raster.js';
import { divideByAlpha, multiplyByAlpha } from '../image/resize.js';
import { filled, type FillOptions } from './basic.js';
import { checkFill, pixelOf, type Range } from './options.js';

/** [a, b, c, d, e, f]: the point (x, y) of the result is the point (a·x + b·y + c, d·x + e·y + f) of the image. */
export type AffineMatrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export interface AffineOptions extends FillOptions {
  /** Default 'nearest', as torchvision's. */
  readonly interpolation?: 'nearest' | 'bilinear';
}

/** Throws unless both options are what they may be; `where` is who was given them. */
export function checkAffineOptions(where: string, { interpolation = 'nearest', fill = 0 }: AffineOptions): void {
  checkChoice(where, 'interpolation', interpolation, ['nearest', 'bilinear']);
  checkFill(where, 'fill', fill);
}

/**
 * The image through a map from result to image, in its own size; `fill` where the map leads outside. Pixels are squares
 * of side 1, the first one's middle at (½, ½).
 *
 * Equal to `PIL.Image.transform(size, AFFINE, matrix)` but where coordinates exceed 32768: there PIL leaves fixed-point
 * numbers, and a pixel whose middle is within 2⁻¹⁶ of an edge may be the neighbour. Images with alpha are multiplied by
 * it before 'bilinear' and divided after, and `fill` with them, as PIL does.
 */
export function affine(image: RasterImage, matrix: AffineMatrix, options: AffineOptions = {}): RasterImage {
  checkImage('affine', image);
  checkAffineOptions('affine', options);
  if (matrix.length !== 6 || !matrix.every(Number.isFinite)) refuse('affine', 'matrix', matrix, 'six finite numbers');
  const { interpolation = 'nearest', fill = 0 } = options;
  const { width, height, channels, data } = image;
  const out = filled(height, width, pixelOf('affine', 'fill', fill, channels));
  const hasAlpha = channels === 2 || channels === 4;
  if (interpolation === 'nearest') {
    if (matrix[1] === 0 && matrix[3] === 0) pickStraight(image, matrix, out);
    else pickNearest(image, matrix, out);
  } else if (hasAlpha) {
    const premultiplied = Uint8Array.from(data);
    multiplyByAlpha(premultiplied, channels);
    mixFour({ ...image, data: premultiplied }, matrix, out);
    divideByAlpha(out, channels);
  } else {
    mixFour(image, matrix, out);
  }
  return { width, height, channels, data: out };
}

/** Rows stay rows: one table of columns serves them all. PIL adds step to step, and rounding is part of the result. */
function pickStraight({ width, height, channels, data }: RasterImage, matrix: AffineMatrix, out: Uint8Array): void {
  const [a, , c, , e, f] = matrix;
  const columns = new Int32Array(width);
  let column = c + a * 0.5;
  for (let x = 0; x < width; x++, column += a) columns[x] = column >= 0 && column < width ? Math.trunc(column) : -1;
  let row = f + e * 0.5;
  for (let y = 0; y < height; y++, row += e) {
    if (!(row >= 0 && row < height)) continue;
    const start = Math.trunc(row) * width;
    for (let x = 0; x < width; x++) {
      if (columns[x] < 0) continue;
      const from = (start + columns[x]) * channels;
      const to = (y * width + x) * channels;
      for (let k = 0; k < channels; k++) out[to + k] = data[from + k];
    }
  }
}

/** Positions in whole multiples of 2⁻¹⁶ pixel, stepped from pixel to pixel and from row to row. */
function pickNearest({ width, height, channels, data }: RasterImage, matrix: AffineMatrix, out: Uint8Array): void {
  const fixed = (value: number): number => Math.floor(value * 65536 + 0.5);
  const [a, b, c, d, e, f] = matrix;
  const [rightX, rightY, downX, downY] = [a, d, b, e].map(fixed);
  let [startX, startY] = [fixed(c + a * 0.5 + b * 0.5), fixed(f + d * 0.5 + e * 0.5)];
  for (let y = 0, to = 0; y < height; y++, startX += downX, startY += downY) {
    let [atX, atY] = [startX, startY];
    for (let x = 0; x < width; x++, atX += rightX, atY += rightY, to += channels) {
      const [column, row] = [Math.floor(atX / 65536), Math.floor(atY / 65536)];
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      const from = (row * width + column) * channels;
      for (let k = 0; k < channels; k++) out[to + k] = data[from + k];
    }
  }
}

/** Between the middles of the four pixels around, along rows first; a pixel beyond the edge is the edge's. */
function mixFour({ width, height, channels, data }: RasterImage, matrix: AffineMatrix, out: Uint8Array): void {
  const [a, b, c, d, e, f] = matrix;
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const atX = a * (x + 0.5) + b * (y + 0.5) + c;
      const atY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (!(atX >= 0 && atX < width && atY >= 0 && atY < height)) continue;
      const [column, row] = [Math.floor(atX - 0.5), Math.floor(atY - 0.5)];
      const [right, down] = [atX - 0.5 - column, atY - 0.5 - row];
      const left = Math.max(column, 0) * channels;
      const next = Math.min(column + 1, width - 1) * channels;
      const upper = Math.max(row, 0) * width * channels;
      const lower = Math.min(row + 1, height - 1) * width * channels;
      for (let k = 0; k < channels; k++) {
        const above = data[upper + left + k] + (data[upper + next + k] - data[upper + left + k]) * right;
        const below = data[lower + left + k] + (data[lower + next + k] - data[lower + left + k]) * right;
        out[to + k] = above + (below - above) * down; // cut to a whole number by being stored
      }
    }
  }
}

export interface AffineParameters {
  /** Degrees, clockwise on the screen. Default 0. */
  readonly angle?: number;
  /** Pixels to the right and down, after everything else. Default [0, 0]. */
  readonly translate?: readonly [x: number, y: number];
  /** Default 1. */
  readonly scale?: number;
  /** Degrees by which the vertical and the horizontal edges lean. Default [0, 0]. */
  readonly shear?: Range;
  /** The point that turning, scaling and slanting leave where it is: the middle, [width/2, height/2], for one. */
  readonly centre: readonly [x: number, y: number];
}

const radians = (degrees: number): number => degrees * (Math.PI / 180);

/**
 * (T·C·R·S·C⁻¹)⁻¹: the matrix of `affine` that shears, scales and turns about the centre, then moves. torchvision's
 * affine, whose sines are another library's: entries may differ by a last bit, which shows only in a pixel whose middle
 * falls within 2⁻¹⁶ of an edge between two others.
 */
export function inverseAffineMatrix(parameters: AffineParameters): AffineMatrix {
  const { angle = 0, translate: [tx, ty] = [0, 0], scale = 1, shear = [0, 0], centre: [cx, cy] } = parameters;
  for (const [name, value] of Object.entries({ angle, tx, ty, cx, cy, shearX: shear[0], shearY: shear[1] })) {
    checkNumber('inverseAffineMatrix', name, value);
  }
  if (!(scale > 0 && scale < Infinity)) refuse('inverseAffineMatrix', 'scale', scale, 'a number > 0');
  const [turn, sx, sy] = [angle, ...shear].map(radians);
  const { cos, sin, tan } = Math;
  const a = cos(turn - sy) / cos(sy);
  const b = -cos(turn - sy) * tan(sx) / cos(sy) - sin(turn);
  const c = sin(turn - sy) / cos(sy);
  const d = -sin(turn - sy) * tan(sx) / cos(sy) + cos(turn);
  const [xx, xy, yx, yy] = [d / scale, -b / scale, -c / scale, a / scale]; // the determinant without scale is 1
  return [
    xx, xy, xx * (-cx - tx) + xy * (-cy - ty) + cx,
    yx, yy, yx * (-cx - tx) + yy * (-cy - ty) + cy,
  ];
}

/** Turned about its middle by degrees, counter-clockwise, in its own size: PIL's and torchvision's rotate. */
export function rotate(image: RasterImage, degrees: number, options: AffineOptions = {}): RasterImage {
  checkNumber('rotate', 'degrees', degrees);
  checkAffineOptions('rotate', options);
  const rest = degrees % 360;
  const turn = -radians(rest < 0 ? rest + 360 : rest);
  const digits = (value: number): number => Number(value.toFixed(15)); // so that right angles have no crumbs
  const [cosine, sine, minusSine] = [Math.cos(turn), Math.sin(turn), -Math.sin(turn)].map(digits);
  const [cx, cy] = [image.width / 2, image.height / 2];
  return affine(image, [
    cosine, sine, cosine * -cx + sine * -cy + cx,
    minusSine, cosine, minusSine * -cx + cosine * -cy + cy,
  ], options);
}
