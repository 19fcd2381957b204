/** The graph behind a variable as boxes and arrows, for drawing: what was computed of what, and of which shapes. */
import { formatShape } from '@vitrine/tensor';
import { reachable } from '../backward.js';
import { Variable } from '../variable.js';

export interface DrawOptions {
  /** Names of leaves: `model.namedParameters()`, or a Map; inputs may be added. The first name of a variable counts. */
  readonly names?: Iterable<readonly [name: string, variable: Variable]>;
}

/** An operation; a leaf that gets a gradient; a constant, which gets none. */
export type BoxKind = 'operation' | 'leaf' | 'constant';

export interface Box {
  readonly kind: BoxKind;
  readonly label: string;
  readonly shape: string;
}

/** An arrow goes from an operand to the operation that read it. Boxes are numbered by their place, operands first. */
export interface Drawing {
  readonly boxes: readonly Box[];
  readonly arrows: readonly (readonly [from: number, to: number])[];
}

/**
 * Operations are called by their names, leaves by the names given, else `leaf` or `constant`. Constants that are single
 * numbers without a name are left out: they are the 1/n of a mean and the like. Throws if `root` has no past.
 */
export function drawingOf(name: string, root: Variable, { names = [] }: DrawOptions): Drawing {
  if (root.node === null) {
    throw new Error(`${name}: the root is a leaf; what operations made while gradients were recorded has a graph`);
  }
  const labels = new Map<Variable, string>();
  for (const [label, variable] of names) if (!labels.has(variable)) labels.set(variable, label);

  const boxes: Box[] = [];
  const arrows: (readonly [number, number])[] = [];
  const places = new Map<Variable, number>();
  const place = (variable: Variable, kind: BoxKind, label: string): number => {
    const known = places.get(variable);
    if (known !== undefined) return known;
    places.set(variable, boxes.length);
    return boxes.push({ kind, label, shape: formatShape(variable.shape) }) - 1;
  };
  for (const node of reachable(root, 0).reverse()) {
    const operands = node.args.filter((arg) => arg instanceof Variable)
      .filter((operand) => operand.requiresGrad || operand.shape.length > 0 || labels.has(operand))
      .map((operand) => {
        const kind = operand.requiresGrad ? 'leaf' : 'constant';
        return place(operand, kind, labels.get(operand) ?? kind);
      });
    const own = place(node.out, 'operation', node.op);
    for (const operand of new Set(operands)) arrows.push([operand, own]);
  }
  return { boxes, arrows };
}
