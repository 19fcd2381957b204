/** Dark to light, for light text on a dark terminal. */
const RAMP = ' .:-=+*#%@';

type Rgb = readonly [red: number, green: number, blue: number];

/** Rec. 601 luma, 0 to 255. */
const luma = ([red, green, blue]: Rgb): number => 0.299 * red + 0.587 * green + 0.114 * blue;

/**
 * An image as lines of text, one for two rows of pixels, since a character is about twice as high as wide.
 *
 * pixels: height·width·channels bytes, HWC; channels 1 is grey, 3 RGB, 4 RGB and alpha, over black.
 * color (default true): 24-bit ANSI colours; the glyph ▀ shows the upper pixel in its foreground, the lower one in its
 * background, so no pixel is lost. Without colour each character is the mean luma of the two pixels on the ramp
 * " .:-=+*#%@". An odd last row stands alone.
 * Throws if the sizes do not describe the pixels.
 */
export const drawImage = (
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: number,
  { color = true }: { readonly color?: boolean } = {},
): string[] => {
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new Error(`drawImage: ${channels} channels; expected 1, 3 or 4`);
  }
  if (pixels.length !== height * width * channels) {
    throw new Error(`drawImage: ${pixels.length} bytes of pixels; ` +
      `expected ${height}·${width}·${channels} = ${height * width * channels} (HWC)`);
  }
  const sample = (y: number, x: number, channel: number): number => pixels[(y * width + x) * channels + channel];
  const pixel = (y: number, x: number): Rgb => {
    if (channels === 1) return [sample(y, x, 0), sample(y, x, 0), sample(y, x, 0)];
    const alpha = channels === 4 ? sample(y, x, 3) / 255 : 1;
    const over = (channel: number): number => Math.round(alpha * sample(y, x, channel));
    return [over(0), over(1), over(2)];
  };

  const block = (y: number, x: number): string => {
    const upper = `\x1b[38;2;${pixel(y, x).join(';')}m`;
    const lower = y + 1 < height ? `\x1b[48;2;${pixel(y + 1, x).join(';')}m` : '';
    return `${upper}${lower}▀`;
  };
  const character = (y: number, x: number): string => {
    const upper = luma(pixel(y, x));
    const mean = y + 1 < height ? (upper + luma(pixel(y + 1, x))) / 2 : upper;
    return RAMP.charAt(Math.min(RAMP.length - 1, Math.floor((mean / 256) * RAMP.length)));
  };

  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    const cells = Array.from({ length: width }, (_, x) => (color ? block(y, x) : character(y, x))).join('');
    lines.push(color ? `${cells}\x1b[0m` : cells);
  }
  return lines;
};
