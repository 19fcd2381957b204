/** The derivative of group normalisation, and with it of layer normalisation. */
import type { GroupNormArgs, Vjps } from '../args.js';
import { add, mean, mul, reshape, rsqrt, square, sub, sum } from '../ops/index.js';
import { joint } from '../record.js';
import type { Variable } from '../variable.js';

export const groupNorm: Vjps<GroupNormArgs> = {
  // With x̂ = (x − mean)/σ:  dgamma = Σ g·x̂,  dbeta = Σ g,  dx = (ĝ − mean ĝ − x̂·mean(ĝ·x̂))/σ where ĝ = g·gamma.
  // x̂ is computed anew from x by operations that are differentiable themselves, so that this gradient has gradients.
  groupNorm: joint([0, 1], (g, _out, x, gamma, _beta, groups, eps) => {
    const C = gamma.shape[0];
    const grouped = (v: Variable): Variable => reshape(v, [x.shape[0], -1, groups, C / groups]);
    const rows = (v: Variable): Variable => reshape(v, [-1, C]);

    // Twice: in float32 the first mean is rounded, and the second takes off what that left.
    const centered = centre(centre(grouped(x)));
    const invStd = rsqrt(add(groupMean(square(centered)), eps));
    const normalised = mul(centered, invStd);
    const gHat = grouped(mul(g, gamma));
    const dx = mul(invStd, sub(centre(gHat), mul(normalised, groupMean(mul(gHat, normalised)))));
    return [reshape(dx, x.shape), sum(mul(rows(g), rows(normalised)), { axes: 0 }), sum(rows(g), { axes: 0 })];
  }),
};

/** `[N,P,G,D]` → `[N,1,G,1]`. One axis at a time, since a reduction over axes apart would copy. */
const groupMean = (x: Variable): Variable => mean(mean(x, { axes: 3, keepDims: true }), { axes: 1, keepDims: true });

const centre = (x: Variable): Variable => sub(x, groupMean(x));
