/** How the libraries pad and normalise, which the names of their tensors do not say. */
import { conventionsFor } from '../config.js';
import type { ConventionName } from '../config.js';
import type { EfficientNetOptions } from '../model.js';
import type { LayoutName } from './layouts.js';

/** Conventions, and what of them is the library's own. */
export type LineageOptions = Pick<EfficientNetOptions, 'batchNormEps' | 'batchNormMomentum'>
  & { readonly conventions: ConventionName };

/** Of the libraries that have but one. timm has both: its names for TensorFlow's begin with `tf_`. */
export const ONLY_CONVENTION: Readonly<Partial<Record<LayoutName, ConventionName>>> = {
  lukemelas: 'tensorflow',
  torchvision: 'pytorch',
};

const TIMM_MOMENTUM = 0.1;
/** Of all that does not begin with `tf_`, also where torchvision has TensorFlow's. */
const TIMM_EPS = 1e-5;

/** What networks of these conventions are made with in the library. */
export function optionsIn(layout: LayoutName, conventions: ConventionName): LineageOptions {
  if (layout !== 'timm') return { conventions };
  const batchNormMomentum = TIMM_MOMENTUM;
  return { conventions, batchNormMomentum, ...(conventions === 'pytorch' && { batchNormEps: TIMM_EPS }) };
}

/** The eps that the library's network of that name has. */
export const epsIn = (layout: LayoutName, conventions: ConventionName, name: string): number =>
  optionsIn(layout, conventions).batchNormEps ?? conventionsFor(conventions, name).batchNormEps;
