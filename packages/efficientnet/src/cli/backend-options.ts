/** `--backend` and `--threads`, for every command that computes. */
import { setBackend, setThreads } from '@vitrine/tensor';
import { UsageError } from './options.js';
import type { Parsed } from './options.js';

export const BACKEND_OPTIONS = ['backend', 'threads'];

export const backendHelp = `  --backend NAME         reference (plain loops) or simd (default: simd where the machine has it)
  --threads N            threads that share the work (default: all cores)
`;

/** Sets what was asked for. Throws a UsageError for what cannot be had. */
export function applyBackendOptions({ text, whole }: Parsed): void {
  const backend = text('backend');
  if (backend !== undefined && backend !== 'reference' && backend !== 'simd') throw new UsageError(`--backend takes reference or simd; got '${backend}'`);
  if (backend !== undefined) setBackend(backend);
  const threads = whole('threads', 1);
  if (threads !== undefined) setThreads(threads);
}
