/** Grad-CAM: where in an image the network found its answer. */
import { argmax, div, formatShape, fromArray, max, maximum, mean, mul, relu, sum } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { Variable, globalAveragePool, noGrad } from '@vitrine/autograd';
import { preserving } from '@vitrine/nn';
import type { EfficientNet } from './model.js';

export interface GradCamOptions {
  /** The class to explain, one an image. Default: the one the network finds most probable. */
  readonly classes?: ArrayLike<number>;
}

/** Below this a map has no peak to be measured by, and stays 0. */
const NO_PEAK = 1e-30;

/**
 * For every image, what speaks for a class at each place of the last features A, `[N,h,w,C]`:
 *   α[n,k] = mean over i,j of ∂logit[n,c] / ∂A[n,i,j,k]     how much channel k counts for class c
 *   map[n,i,j] = max(0, Σₖ α[n,k]·A[n,i,j,k])               where the channels that count are active
 * divided by its largest value. images `[N,H,W,inChannels]` → `[N,h,w]`, 0 to 1; 0 everywhere if nothing speaks for
 * the class.
 *
 * What follows A here is an average over places and a linear layer, so α[n,k] is the classifier's weight w[k,c]/(h·w),
 * and the map is that of CAM (Zhou et al. 2016). The network runs in evaluation mode and is left as it was.
 * Throws a RangeError if `classes` is not one class an image.
 * Source: Selvaraju et al. 2017, "Grad-CAM", equations 1 and 2.
 */
export function gradCam(model: EfficientNet, images: Tensor, { classes }: GradCamOptions = {}): Tensor {
  return preserving(model, () => {
    model.eval();
    // The blocks need no graph: the gradient goes back to their result only.
    const features = new Variable(noGrad(() => model.extractFeatures(images)).value, { requiresGrad: true });
    const logits = model.classifier.call(globalAveragePool(features));
    const chosen = classes ?? argmax(logits.value, 1).toFloat32Array();
    logits.backward({ gradient: oneHot(chosen, logits.value) });
    const { grad } = features;
    if (grad === null) throw new Error('gradCam: the logits do not depend on the features');
    const alpha = mean(grad, { axes: [1, 2], keepDims: true }); // [N,1,1,C]
    const map = relu(sum(mul(alpha, features.value), { axes: 3 }));
    features.zeroGrad();
    return div(map, maximum(max(map, { axes: [1, 2], keepDims: true }), NO_PEAK));
  });
}

/**
 * 1 at the class of each row of `logits`: the cotangent of Σₙ logit[n,c]. One pass serves all images, because in
 * evaluation mode they do not see each other.
 */
function oneHot(classes: ArrayLike<number>, { shape }: Tensor): Tensor {
  const [N, K] = shape;
  const given = Array.from(classes);
  if (given.length !== N || !given.every((c) => Number.isInteger(c) && c >= 0 && c < K)) {
    throw new RangeError(`gradCam: classes has a class from 0 to ${K - 1} for each of ${N} images, as logits ` +
      `${formatShape(shape)} want; got [${given.join(', ')}]`);
  }
  const values = new Float32Array(N * K);
  given.forEach((c, n) => { values[n * K + c] = 1; });
  return fromArray(values, shape);
}
