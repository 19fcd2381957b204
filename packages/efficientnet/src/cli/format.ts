/** A share as people read it: 0.8125 → `81.3 %`. */
export const formatPercent = (share: number): string => `${(100 * share).toFixed(1)} %`;
