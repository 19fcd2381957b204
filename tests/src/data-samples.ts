import type { ImageDataset } from '@vitrine/data';

/** The message of a promise that must reject. */
export const rejection = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('expected a rejection, got a result');
};

export const bytes = (length: number, f: (i: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => f(i));

/** n images of 3×4, pixel p of image i is 10·i + p, label i mod 3. */
export const tiny = (n: number): ImageDataset => ({
  name: 'tiny', classes: ['a', 'b', 'c'], height: 3, width: 4, channels: 1, length: n,
  images: bytes(12 * n, (i) => 10 * Math.floor(i / 12) + (i % 12)), labels: bytes(n, (i) => i % 3),
});
