/** Chapter 4: values forward, cotangents back. Both are computed by the library itself. */
import { Variable, add, grad, mul, square } from '@vitrine/autograd';
import { scope, tensor } from '@vitrine/tensor';
import { Drawing } from '../drawing.js';
import type { Hue, Point } from '../drawing.js';

/** A box and what it holds. */
type Place = readonly [label: string, variable: Variable, x: number, y: number, width: number, hue: Hue];

/** loss = (w·x)² + w·x with w = 3, x = 2. */
export const graph = (): Drawing => scope(() => {
  const drawing = new Drawing(
    880, 330, 'Values forward, cotangents back',
    'The graph of (w·x)² + w·x for w = 3 and x = 2: under every operation its value, computed from left to ' +
      'right, and the cotangent that arrives there from right to left. At w·x two cotangents meet and are ' +
      'added.',
  );
  const [w, x] = [3, 2].map((value) => new Variable(tensor(value), { requiresGrad: true }));
  const h = mul(w, x);
  const s = square(h);
  const loss = add(s, h);
  const places: readonly Place[] = [
    ['w', w, 30, 44, 90, 'ink'], ['x', x, 30, 230, 90, 'ink'], ['h = mul(w, x)', h, 215, 137, 150, 'a'],
    ['s = square(h)', s, 450, 44, 150, 'a'], ['loss = add(s, h)', loss, 690, 137, 160, 'a'],
  ];
  const gradients = grad(loss, places.map(([, variable]) => variable));
  const edges: readonly (readonly [from: Point, to: Point, said: string])[] = [
    [[125, 76], [208, 152], 'g·x'], [[125, 258], [208, 182], 'g·w'], [[371, 152], [444, 76], 'g·2h'],
    [[369, 182], [686, 182], 'g'], [[606, 76], [683, 152], 'g'],
  ];
  for (const [from, to, said] of edges) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    /** A point beside the way from one to the other; positive is on the right-hand side. */
    const beside = ([px, py]: Point, by: number): Point =>
      [px - (by * (to[1] - from[1])) / length, py + (by * (to[0] - from[0])) / length];
    drawing.line([beside(from, -5), beside(to, -5)], { hue: 'a', arrow: true });
    drawing.line([beside(to, 5), beside(from, 5)], { hue: 'b', arrow: true, dashed: true });
    const [lx, ly] = beside([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], 10 + 5 * said.length);
    drawing.text([lx, ly + 6], said, { size: 13, mono: true, colour: 'b', anchor: 'middle' });
  }
  places.forEach(([label, variable, px, py, width, hue], i) => {
    drawing.box([px, py], width, 64, hue, 'soft');
    const middle = px + width / 2;
    drawing.text([middle, py + 18], label, { size: 13, mono: true, anchor: 'middle', within: width });
    drawing.text([middle, py + 37], String(variable.item()), { size: 14, bold: true, anchor: 'middle', colour: 'a' });
    const g = `g = ${gradients[i].item()}`;
    drawing.text([middle, py + 56], g, { size: 13, bold: true, anchor: 'middle', colour: 'b' });
  });
  drawing.note([215, 222], '13 = 1·2·6 + 1: two paths meet');
  drawing.line([[240, 290], [300, 290]], { hue: 'a', arrow: true });
  drawing.text([310, 295], 'values', { size: 13, colour: 'a' });
  drawing.line([[440, 290], [380, 290]], { hue: 'b', arrow: true, dashed: true });
  drawing.text([450, 295], 'cotangents: g = ∂loss/∂(what the box holds)', { size: 13, colour: 'b' });
  return drawing;
});
