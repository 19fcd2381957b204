/** What a training learns from, as the trainer sees it. */
import type { Tensor } from '@vitrine/tensor';

/** Images `[N,H,W,C]`, with a class index each, `[N]`, or a probability for every class, `[N,K]`. */
export interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/**
 * Batches, iterated once an epoch. Anything async-iterable will do. Data that know where they stand resume without
 * making the batches that were seen before: the next iteration begins at batch `position` of epoch `epoch`.
 */
export interface TrainingData extends AsyncIterable<Batch> {
  /** Counted from 0; one more after every iteration. Data without it are the same every epoch. */
  epoch?: number;
  /** Batches of that epoch already given. */
  position?: number;
  /** Batches an epoch. */
  readonly length?: number;
}

/** Puts the data at batch `position` of an epoch, as far as they know such things. Returns how many to skip still. */
export function seek(data: TrainingData, epoch: number | null, position: number): number {
  if (data.epoch !== undefined && epoch !== null) data.epoch = epoch;
  if (data.position === undefined) return position;
  data.position = position;
  return 0;
}

/** One iteration of the data, from the first batch; whoever is in the middle of an epoch finds them where they were. */
export async function* wholePass(data: TrainingData): AsyncGenerator<Batch, void, undefined> {
  const { epoch = null, position = 0 } = data;
  seek(data, null, 0);
  try {
    yield* data;
  } finally {
    seek(data, epoch, position);
  }
}

/** One iteration of the data, without the first `skip` batches, in groups of `size`; the last may be smaller. */
export async function* groupsOf(
  data: AsyncIterable<Batch>, size: number, skip: number,
): AsyncGenerator<readonly Batch[], void, undefined> {
  let seen = 0;
  let group: Batch[] = [];
  for await (const batch of data) {
    if (seen++ < skip) continue;
    group.push(batch);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
