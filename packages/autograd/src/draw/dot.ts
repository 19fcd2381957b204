/** The graph in the language of Graphviz. */
import type { Variable } from '../variable.js';
import { drawingOf } from './graph.js';
import type { BoxKind, DrawOptions } from './graph.js';

const looks: Readonly<Record<BoxKind, string>> = {
  operation: 'shape=box, style=rounded',
  leaf: 'shape=box, style=filled, fillcolor="#cfe3d4"',
  constant: 'shape=box, style=dashed',
};

/**
 * A DOT file of the operations behind `root`: `dot -Tpdf`. Operands above, arrows to what read them. See `graphToSvg`.
 */
export function graphToDot(root: Variable, options: DrawOptions = {}): string {
  const { boxes, arrows } = drawingOf('graphToDot', root, options);
  return [
    'digraph {',
    '  node [fontname="monospace", fontsize=11];',
    ...boxes.map(({ kind, label, shape }, i) => `  n${i} [label="${escape(label)}\\n${shape}", ${looks[kind]}];`),
    ...arrows.map(([from, to]) => `  n${from} -> n${to};`),
    '}',
    '',
  ].join('\n');
}

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
