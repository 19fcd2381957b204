/** Single operations as users call them, in Vitrine, tfjs and PyTorch: same operands, and first of all same results. */
import { relativeError } from '../../dist/harness/verify.js';
import { kernelList } from './kernel-list.js';
import type { Timed } from './peer.js';
import { tfjsKernels } from './tfjs-kernels.js';
import { torchKernels } from './torch.js';
import { TOLERANCE, assertClose, available, takeTurns } from './turns.js';
import type { Effort, Row } from './turns.js';
import { vitrineKernels } from './vitrine.js';

export async function measureKernels(threads: number, effort: Effort): Promise<Row[]> {
  const kernels = kernelList();
  const own = await vitrineKernels(kernels, threads);
  const peers = [
    own,
    ...(await available({
      tfjs: () => tfjsKernels(kernels),
      PyTorch: () => torchKernels(kernels, threads),
    })),
  ];
  try {
    const rows: Row[] = [];
    for (const { op, label, work, unit } of kernels) {
      const want = await own.output(op);
      for (const { name, output } of peers)
        assertClose(name, label, relativeError(await output(op), want), TOLERANCE);
      const timed = peers.map((peer): Timed => ({ ...peer, time: () => peer.time(op) }));
      rows.push(...(await takeTurns(timed, { suite: 'kernels', subject: label, work, unit, asked: threads }, effort)));
    }
    return rows;
  } finally {
    for (const peer of peers) await peer.close?.();
  }
}
