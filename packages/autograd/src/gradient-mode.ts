/** Switching the recording of operations off and on. */
import { runtime } from '@vitrine/tensor/internal';

function withMode<T>(mode: boolean, body: () => T): T {
  const before = runtime.gradientMode;
  runtime.gradientMode = mode;
  try {
    const result = body();
    if (result instanceof Promise) {
      throw new TypeError(
        'noGrad: the function returned a Promise; '
        + 'what runs after an await would be recorded again, so await outside',
      );
    }
    return result;
  } finally {
    runtime.gradientMode = before;
  }
}

/** Runs `body` without recording: for evaluation and for updates. Its results are leaves. */
export const noGrad = <T>(body: () => T): T => withMode(false, body);

/** Runs `body` recording, inside a `noGrad`. */
export const enableGrad = <T>(body: () => T): T => withMode(true, body);

export const isGradEnabled = (): boolean => runtime.gradientMode;
