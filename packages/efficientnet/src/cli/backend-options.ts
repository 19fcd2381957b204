/** `--backend` and `--threads`, for every command that computes. */
import { setBackend, setThreads } from '@vitrine/tensor';
import { choice, option, whole } from './options.js';
import type { Values } from './options.js';

export const BACKEND_OPTIONS = {
  backend: option('NAME', choice('reference', 'simd'),
    'reference (plain loops) or simd (default: simd where the machine has it)'),
  threads: option('N', whole(1), 'threads that share the work (default: all cores); their number changes no result'),
} as const;

/** Sets what was asked for. */
export function applyBackend({ backend, threads }: Partial<Values<typeof BACKEND_OPTIONS>>): void {
  if (backend !== undefined) setBackend(backend);
  if (threads !== undefined) setThreads(threads);
}
