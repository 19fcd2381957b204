/** The one-cycle policy: up, down, and far down. */
import type { Schedule } from './schedules.js';

export interface OneCycleOptions {
  /** Share of the steps in which the rate rises. Default 0.3. */
  readonly rise?: number;
  /** How the rate goes from one end of a phase to the other. Default 'cosine'. */
  readonly shape?: 'cosine' | 'linear';
  /** It begins at maxLr/divFactor. Default 25. */
  readonly divFactor?: number;
  /** It ends at maxLr/(divFactor·finalDivFactor). Default 1e4. */
  readonly finalDivFactor?: number;
  /** A fall as long as the rise, back to the beginning, comes before the last fall. Default false. */
  readonly threePhase?: boolean;
}

/**
 * Rises from maxLr/divFactor to maxLr, then falls to maxLr/(divFactor·finalDivFactor), where it is at step
 * totalSteps − 1 and stays. Momentum is not cycled.
 * Source: Smith & Topin 2018, "Super-Convergence"; PyTorch `OneCycleLR` (max_lr, pct_start, anneal_strategy,
 * div_factor, final_div_factor, three_phase), whose phases these are, their ends at fractions of steps included.
 */
export function oneCycle(
  maxLr: number, totalSteps: number,
  { rise = 0.3, shape = 'cosine', divFactor = 25, finalDivFactor = 1e4, threePhase = false }: OneCycleOptions = {},
): Schedule {
  if (!(Number.isInteger(totalSteps) && totalSteps > 0)) {
    throw new RangeError(`oneCycle: totalSteps is a whole number of steps > 0; got ${totalSteps}`);
  }
  const most = threePhase ? 0.5 : 1; // three phases have two of that share
  if (!(rise >= 0 && rise <= most)) {
    throw new RangeError(`oneCycle: rise is a share of the steps, from 0 to ${most}; got ${rise}`);
  }
  if (!(divFactor > 0 && finalDivFactor > 0)) {
    throw new RangeError(`oneCycle: divFactor and finalDivFactor are above 0; got ${divFactor} and ${finalDivFactor}`);
  }
  const low = maxLr / divFactor;
  const last = totalSteps - 1;
  const top: Corner = [rise * totalSteps - 1, maxLr];
  const corners: readonly Corner[] = [
    [0, low],
    top,
    ...(threePhase ? [[2 * top[0], low] as const] : []),
    [last, low / finalDivFactor],
  ];
  const share = (part: number): number => (shape === 'cosine' ? 0.5 * (1 - Math.cos(Math.PI * part)) : part);
  return (step) => {
    const at = Math.min(step, last);
    const k = Math.max(1, corners.findIndex(([end], i) => i > 0 && at <= end));
    const [[from, a], [to, b]] = [corners[k - 1], corners[k]];
    return a + (b - a) * share(to === from ? 1 : (at - from) / (to - from));
  };
}

/** A step, and the rate there. */
type Corner = readonly [step: number, lr: number];
