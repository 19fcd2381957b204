/**
 * Columns of a dilated convolution in SIMD. Between taps there are gaps, so the pixels of a kernel row are no run to
 * copy as one, as in conv2d.ts: every tap asks for itself whether it lies in the image, and copies the channels of its
 * pixel.
 */
import { i32, kernel } from '../asm.js';
import type { KernelSource } from '../asm.js';
import { each, eachImageRow, eachPixel, geometry, imageRows, zero } from './conv2d.js';

const dilated = { ...geometry, dilationH: 'i32', dilationW: 'i32' } as const;

/**
 * columns[p, (r, s, c)] = x[n, i·strideH − padTop + r·dilationH, j·strideW − padLeft + s·dilationW, c], 0 outside;
 * begin ≤ p < end.
 */
const im2col: KernelSource = kernel('im2col-dilated', { ...dilated, begin: 'i32', end: 'i32' }, (g, $) => {
  const { H, W, kH, kW, strideH, strideW, padTop, padLeft, outH, outW } = g;
  const { image, pixelStep, depthStep, columns, firstPixel, begin, end } = g;
  const to = $.let(i32.add(columns, i32.mul(begin, i32.mul(kH, i32.mul(kW, depthStep)))));
  const p = $.let(begin);
  $.for(p, end, i32.const(1), () => {
    const pixel = $.let(i32.add(firstPixel, p));
    const line = $.let(i32.divU(pixel, outW));
    const n = $.let(i32.divU(line, outH));
    const left = $.let(i32.sub(i32.mul(i32.sub(pixel, i32.mul(line, outW)), strideW), padLeft));
    const h = $.let(i32.sub(i32.mul(i32.sub(line, i32.mul(n, outH)), strideH), padTop));
    const r = $.let(i32.const(0));
    $.for(r, kH, i32.const(1), () => {
      const row = $.let(i32.add(image, i32.mul(i32.mul(i32.add(i32.mul(n, H), h), W), pixelStep)));
      const v = $.let(left);
      const s = $.let(i32.const(0));
      $.for(s, kW, i32.const(1), () => {
        // As unsigned numbers, rows above the image and columns left of it are beyond it, too.
        $.if(i32.and(i32.ltU(h, H), i32.ltU(v, W)), () => {
          const from = $.let(i32.add(row, i32.mul(v, pixelStep)));
          each($, depthStep, [to, from], (lanes) => $.do(lanes.store(to, lanes.load(from))));
        }, () => zero($, to, depthStep));
        $.set(v, i32.add(v, g.dilationW));
      });
      $.set(h, i32.add(h, g.dilationH));
    });
  });
});

/**
 * dx[n, h, j·strideW − padLeft + s·dilationW, c] += columns[p, (r, s, c)] for the rows firstPixel ≤ pixel < lastPixel
 * of columns, and of the image the rows n·H + h = firstRow + unit, begin ≤ unit < end: a gather of rows, as in
 * conv2d.ts, where kernel row r meets the output row i = (h + padTop − r·dilationH)/strideH.
 */
const col2im: KernelSource = kernel('col2im-dilated', { ...dilated, ...imageRows }, (g, $) => {
  const { W, kH, kW, strideH, strideW, padLeft, outH, pixelStep, depthStep, columns } = g;
  const rowBytes = $.let(i32.mul(kW, depthStep));
  eachImageRow($, g, (n, y, dx) => {
    const r = $.let(i32.const(0));
    $.for(r, kH, i32.const(1), () => {
      // Where y is negative, i is too large: no output row stands that far down.
      const i = $.let(i32.divU(y, strideH));
      $.if(i32.and(i32.eq(i32.mul(i, strideH), y), i32.ltU(i, outH)), () => {
        eachPixel($, g, n, i, (j, p) => {
          const from = $.let(i32.add(columns, i32.mul(i32.add(i32.mul(p, kH), r), rowBytes)));
          const v = $.let(i32.sub(i32.mul(j, strideW), padLeft));
          const s = $.let(i32.const(0));
          $.for(s, kW, i32.const(1), () => {
            $.if(i32.ltU(v, W), () => {
              const [to, source] = [$.let(i32.add(dx, i32.mul(v, pixelStep))), $.let(from)];
              each($, depthStep, [to, source], (lanes) =>
                $.do(lanes.store(to, lanes.add(lanes.load(to), lanes.load(source)))));
            });
            $.set(v, i32.add(v, g.dilationW));
            $.set(from, i32.add(from, depthStep));
          });
        });
      });
      $.set(y, i32.sub(y, g.dilationH));
    });
  });
});

export const dilatedFuncs: readonly KernelSource[] = [im2col, col2im];
