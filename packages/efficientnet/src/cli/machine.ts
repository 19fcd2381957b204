/** What a run ran on, for its first line and its report. */
import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import { info } from '@vitrine/tensor';

export function describeMachine(): [label: string, value: string][] {
  const { backend, threads, heap } = info();
  return [
    ['backend', backend],
    ['threads', `${threads} of ${availableParallelism()}`],
    ['heap', heap.kind],
    ['Node', process.versions.node],
    ['processor', `${cpus()[0]?.model.trim() ?? process.arch}`],
  ];
}
