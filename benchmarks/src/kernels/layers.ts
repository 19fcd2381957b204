/** The shapes to measure: those of the layers of real networks, asked of the networks themselves. */
import { convGeometry, meta, zeros } from '@vitrine/tensor';
import type { Conv2dOptions, Shape } from '@vitrine/tensor';
import type { Geometry } from '@vitrine/tensor/internal';
import { noGrad } from '@vitrine/autograd';
import { Conv2d } from '@vitrine/nn';
import { EfficientNet, SqueezeExcitation } from '@vitrine/efficientnet';

export type ConvKind = 'stem' | 'pointwise' | 'depthwise' | 'squeeze';

export interface Layers {
  /** As it stands in the tables: `b0 ×1`. */
  readonly label: string;
  readonly convs: readonly { readonly kind: ConvKind; readonly g: Geometry }[];
  /** `[N,H,W,C]` of what every squeeze-excitation scales. */
  readonly excitations: readonly Shape[];
  /** Elements of every parameter. */
  readonly parameters: readonly number[];
}

/** Runs the network on meta tensors, so that shapes are all there is, and writes down what its layers get. */
export function layersOf(name: string, batch: number): Layers {
  const model = meta(() => EfficientNet.fromName(name)).eval();
  const convs: { kind: ConvKind; g: Geometry }[] = [];
  const excitations: Shape[] = [];
  for (const [path, module] of model.namedModules()) {
    if (module instanceof SqueezeExcitation) module.onForward((_module, input) => excitations.push(input.shape));
    if (!(module instanceof Conv2d)) continue;
    const options: Conv2dOptions = module.options;
    const weight = module.weight.shape;
    module.onForward((_module, input) => {
      const g = convGeometry('layersOf', input.shape, weight, options);
      convs.push({ kind: kindOf(path, g), g });
    });
  }
  const { imageSize, inChannels } = model.config;
  noGrad(() => model.call(meta(() => zeros([batch, imageSize, imageSize, inChannels]))));
  return {
    label: `${name} ×${batch}`,
    convs,
    excitations,
    parameters: model.parameters().map(({ value }) => value.size),
  };
}

function kindOf(path: string, g: Geometry): ConvKind {
  if (path.includes('squeezeExcitation')) return 'squeeze'; // on one pixel an image: too small to measure alone
  if (g.groups > 1) return 'depthwise';
  return g.kH * g.kW === 1 ? 'pointwise' : 'stem';
}

/** All layers of a kind, in order. */
export const convsOf = ({ convs }: Layers, kind: ConvKind): Geometry[] =>
  convs.filter((conv) => conv.kind === kind).map(({ g }) => g);

/** Those that differ, each with how often it occurs. */
export function distinct(geometries: readonly Geometry[]): { readonly g: Geometry; readonly count: number }[] {
  const found = new Map<string, { g: Geometry; count: number }>();
  for (const g of geometries) {
    const key = JSON.stringify(g);
    found.set(key, { g, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/** `56×56 24→144`, `112×112 96 3×3/2`. */
export function describeConv({ H, W, C, O, kH, kW, strideH, groups }: Geometry): string {
  const window = kH * kW === 1 ? '' : ` ${kH}×${kW}${strideH === 1 ? '' : `/${strideH}`}`;
  return `${H}×${W} ${groups > 1 ? C : `${C}→${O}`}${window}`;
}
