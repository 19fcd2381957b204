/**
 * An image in memory: height·width·channels bytes, HWC, top row first; channels as `encodePng` takes them, or grey
 * and alpha.
 */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  /** 1 is grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; alpha is straight: colours are not multiplied by it. */
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array;
}
