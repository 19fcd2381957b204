/** Normalisation, and updates in place. */
import * as t from '@vitrine/tensor';
import { double, z } from './row.js';
import type { Row } from './row.js';

const SGD = { lr: 1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, step: 1 };
const ADAM = { lr: 1, beta1: 0, beta2: 0, eps: 1, weightDecay: 0, decay: 'coupled', step: 1 } as const;
const RMSPROP = { lr: 1, alpha: 0, decay: 0, momentum: 0, eps: 1, weightDecay: 0 };

export const normAndUpdate: readonly Row[] = [
  ['moments', () => t.moments(z(0, 3)), 'moments: [0,3] has no rows to average over'],
  ['moments', () => t.moments(z()), 'moments: x has at least the channel axis; got a scalar'],
  ['batchNorm', () => t.batchNorm(z(2, 3), z(3), z(2), z(3), z(3), 1e-3),
    'batchNorm: beta has one value for each of the 3 channels of [2,3]; got [2]'],
  ['batchNorm', () => t.batchNorm(z(2, 3), z(3), z(3), z(3), double(3), 1e-3),
    'batchNorm: operands are float32 and float64'],
  ['batchNormGrad', () => t.batchNormGrad(z(2, 2), z(2, 3), z(3), z(3), z(3), 1e-3),
    'batchNormGrad: the cotangent has the shape of x, [2,3]; got [2,2]'],
  ['batchNormGrad', () => t.batchNormGrad(z(2, 3), z(2, 3), z(1, 3), z(3), z(3), 1e-3),
    'batchNormGrad: gamma has one value for each of the 3 channels'],
  ['batchNormSilu', () => t.batchNormSilu(z(2, 3), z(3), z(3), z(2), z(3), 1e-3),
    'batchNormSilu: mean has one value for each of the 3 channels of [2,3]; got [2]'],
  ['batchNormSiluGrad', () => t.batchNormSiluGrad(z(3, 3), z(2, 3), z(3), z(3), z(3), z(3), 1e-3),
    'batchNormSiluGrad: the cotangent has the shape of x, [2,3]; got [3,3]'],
  ['batchNormSiluGrad', () => t.batchNormSiluGrad(z(2, 3), z(2, 3), z(3), z(4), z(3), z(3), 1e-3),
    'batchNormSiluGrad: beta has one value for each of the 3 channels'],
  ['copyInto', () => t.copyInto(z(2), z(3)), 'copyInto: source has the shape of the target, [2]; got [3]'],
  ['copyInto', () => t.copyInto(t.mT(z(2, 3)), z(3, 2)),
    'copyInto: the target of an update in place is contiguous; got strides [1,3]'],
  ['addInto', () => t.addInto(z(2), double(2)), 'addInto: operands are float32 and float64'],
  ['lerpInto', () => t.lerpInto(z(2), z(1), 0.5), 'lerpInto: source has the shape of the target, [2]; got [1]'],
  ['scaleInto', () => t.scaleInto(t.mT(z(2, 3)), 2),
    'scaleInto: the target of an update in place is contiguous; got strides [1,3]'],
  ['clampInto', () => t.clampInto(z(2), 1, 0), 'clampInto: low is at most high; got 1 and 0'],
  ['clampInto', () => t.clampInto(z(2), NaN, 0), 'clampInto: low is at most high; got NaN and 0'],
  ['sgdInto', () => t.sgdInto(z(2), z(2), z(3), SGD), 'sgdInto: velocity has the shape of the target, [2]; got [3]'],
  ['adamwInto', () => t.adamwInto(z(2), z(3), z(2), z(2), ADAM),
    'adamwInto: gradient has the shape of the target, [2]; got [3]'],
  ['adamwInto', () => t.adamwInto(z(2), z(2), z(2), z(2), ADAM, z(1)),
    'adamwInto: largest has the shape of the target, [2]; got [1]'],
  ['rmspropInto', () => t.rmspropInto(z(2), z(2), double(2), z(2), RMSPROP),
    'rmspropInto: operands are float32 and float64'],
  ['rmspropInto', () => t.rmspropInto(z(2), z(2), z(2), z(2), RMSPROP, z(3)),
    'rmspropInto: mean has the shape of the target, [2]; got [3]'],
  ['rmspropTFInto', () => t.rmspropTFInto(z(2), z(2), z(2), z(3), RMSPROP),
    'rmspropTFInto: buffer has the shape of the target, [2]; got [3]'],
];
