/** One benchmark: the right result first, then the same on every face, then the clock. */
import type { Case, Prepared } from './case.js';
import { workOf } from './case.js';
import { Arrays } from './arrays.js';
import type { Floats } from './arrays.js';
import { REFERENCE, enter } from './faces.js';
import type { Face } from './faces.js';
import { measure } from './measure.js';
import type { Effort } from './measure.js';
import type { Result } from './results.js';
import { roofSeconds } from './roofline.js';
import type { Ceilings } from './roofline.js';
import { copyAll, verify, verifySame } from './verify.js';

export interface Settings {
  readonly faces: readonly Face[];
  readonly effort: Effort;
  readonly ceilings: readonly Ceilings[];
}

export async function runCase(item: Case, { faces, effort, ceilings }: Settings): Promise<Result[]> {
  const arrays = new Arrays();
  const results: Result[] = [];
  try {
    const prepared = item.prepare(arrays);
    const want = runOnce(prepared, prepared.plan(await enter(REFERENCE)));
    let ofOneThread: readonly Floats[] | null = null;
    for (const face of faces) {
      if (face === REFERENCE && item.timeReference === false) continue;
      const label = `${item.family}, ${item.name}, ${face.name}`;
      const run = prepared.plan(await enter(face));
      const got = runOnce(prepared, run);
      verify(label, got, want, item.tolerance);
      if (face.backend === 'simd' && ofOneThread !== null) verifySame(label, got, ofOneThread);
      if (face.backend === 'simd') ofOneThread ??= got;
      results.push({
        family: item.family,
        name: item.name,
        face: face.name,
        rate: item.rate,
        work: workOf(item),
        roofSeconds: roofSeconds(ceilings, face.threads, item.flops, item.bytes),
        samples: measure(label, run, effort),
      });
    }
  } finally {
    arrays.release();
  }
  return results;
}

/** Runs once from the start and copies what came out. */
function runOnce({ reset, outputs }: Prepared, run: () => void): Floats[] {
  if (reset === undefined) for (const array of outputs()) array.fill(NaN);
  else reset();
  run();
  return copyAll(outputs());
}
