/** Round numbers along an axis. */

/**
 * About `count` round numbers, 1, 2 or 5 times a power of ten apart, from at or below `low` to at or above `high`: at
 * least two. `whole`: whole numbers only, and only those within low..high.
 * Source: Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990.
 */
export function niceTicks(low: number, high: number, count: number, whole = false): number[] {
  // A flat line gets a range of its own size around it; so does one whose range drowns in rounding.
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= Math.max(1e-150, 1e-9 * size)) {
    const half = size < 1e-150 ? 1 : size / 2;
    [low, high] = [low - half, high + half];
  }
  const rough = (high - low) / Math.max(1, count);
  const power = Math.floor(Math.log10(rough));
  const digit = [1, 2, 5, 10].find((nice) => nice * 10 ** power >= rough * (1 - 1e-9)) ?? 10;
  const step = whole ? Math.max(1, Math.round(digit * 10 ** power)) : digit * 10 ** power;
  const first = whole ? Math.ceil(low / step) : Math.floor(low / step + 1e-9);
  const last = whole ? Math.floor(high / step) : Math.ceil(high / step - 1e-9);
  // Dividing by a whole power of ten rounds once, multiplying by 0.1 twice: 3/10 is 0.3, 3·0.1 is not.
  const tick = (i: number): number => (power < 0 && !whole ? (i * digit) / 10 ** -power : i * step);
  return Array.from({ length: last - first + 1 }, (_, i) => tick(first + i));
}

/** A tick with as many decimals as tell it from its neighbours. */
export function formatTick(tick: number, ticks: readonly number[]): string {
  const step = ticks[1] - ticks[0];
  const size = Math.max(...ticks.map(Math.abs));
  if (tick === 0) return '0';
  const places = Math.max(0, -Math.floor(Math.log10(step * (1 + 1e-9))));
  if (size < 1e6 && places <= 4) return tick.toFixed(places);
  const digits = Math.floor(Math.log10(Math.abs(tick))) - Math.floor(Math.log10(step * (1 + 1e-9)));
  return tick.toExponential(Math.max(0, Math.min(12, digits)));
}
