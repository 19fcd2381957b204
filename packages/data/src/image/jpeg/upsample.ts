/**
 * Colour is often sampled at half the width or height of brightness (4:2:2, 4:2:0). T.81 says nothing of how the
 * samples between are made. Here it is as in libjpeg, whose result PIL gives: where an axis is doubled, a sample is 3/4
 * of the nearer and 1/4 of the farther neighbour ("fancy upsampling": sample centres lie a quarter beside the pixels'),
 * with roundings up and down by turns, so that on average none is preferred. Other ratios repeat samples.
 *
 * Source: libjpeg-turbo's jdsample.c; for sampling positions JFIF 1.02.
 */
import type { SamplePlane } from './idct.js';

export interface Sampling {
  /** Samples that belong to the image: ⌈image · own factor / densest factor⌉. */
  readonly width: number;
  readonly height: number;
  /** How many pixels a sample stands for, each way: whole numbers. */
  readonly horizontal: number;
  readonly vertical: number;
}

/** Writes row y of the component, in the image's full width. `out` may be longer than the row. */
export type RowReader = (y: number, out: Uint8Array) => void;

/** How a component's rows are made. Beyond the image's edge the last row or column goes on. */
export function rowReader(plane: SamplePlane, sampling: Sampling): RowReader {
  const { width, horizontal, vertical } = sampling;
  if (horizontal === 1 && vertical === 1) return fullSize(plane, sampling);
  if (horizontal === 1 && vertical === 2) return doubledHeight(plane, sampling);
  if (horizontal === 2 && vertical === 1 && width > 2) return doubledWidth(plane, sampling);
  if (horizontal === 2 && vertical === 2 && width > 2) return doubledBoth(plane, sampling);
  return repeated(plane, sampling);
}

const fullSize = ({ data, stride }: SamplePlane, { width }: Sampling): RowReader => (y, out) => {
  for (let x = 0, from = y * stride; x < width; x++) out[x] = data[from + x];
};

const repeated = ({ data, stride }: SamplePlane, { width, horizontal, vertical }: Sampling): RowReader => (y, out) => {
  const from = Math.floor(y / vertical) * stride;
  for (let x = 0, to = 0; x < width; x++) {
    for (let i = 0; i < horizontal; i++) out[to++] = data[from + x];
  }
};

/** (3·near + far + bias)/4 along the row; the first and the last pixel have no far neighbour. */
const doubledWidth = ({ data, stride }: SamplePlane, { width }: Sampling): RowReader => (y, out) => {
  const from = y * stride;
  const last = width - 1;
  for (let x = 0; x < width; x++) {
    const near = 3 * data[from + x];
    out[2 * x] = x === 0 ? data[from] : (near + data[from + x - 1] + 1) >> 2;
    out[2 * x + 1] = x === last ? data[from + last] : (near + data[from + x + 1] + 2) >> 2;
  }
};

/** Where the nearer and the farther row begin. */
function nearAndFar(y: number, stride: number, height: number): readonly [near: number, far: number] {
  const near = y >> 1;
  const far = Math.min(height - 1, Math.max(0, y % 2 === 0 ? near - 1 : near + 1));
  return [near * stride, far * stride];
}

/** (3·near + far + bias)/4 down the column; the bias is 1 in even rows and 2 in odd ones. */
const doubledHeight = ({ data, stride }: SamplePlane, { width, height }: Sampling): RowReader => (y, out) => {
  const [near, far] = nearAndFar(y, stride, height);
  const bias = 1 + (y % 2);
  for (let x = 0; x < width; x++) out[x] = (3 * data[near + x] + data[far + x] + bias) >> 2;
};

/** Both at once: 9/16, 3/16, 3/16 and 1/16, rounded once. */
const doubledBoth = ({ data, stride }: SamplePlane, { width, height }: Sampling): RowReader => (y, out) => {
  const [near, far] = nearAndFar(y, stride, height);
  // Sums of a column, in quarters.
  let before = 0;
  let here = 3 * data[near] + data[far];
  for (let x = 0; x < width; x++) {
    const next = x + 1 < width ? 3 * data[near + x + 1] + data[far + x + 1] : here;
    out[2 * x] = (3 * here + (x === 0 ? here : before) + 8) >> 4;
    out[2 * x + 1] = (3 * here + next + 7) >> 4;
    before = here;
    here = next;
  }
};
