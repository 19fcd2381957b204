/** What this engine can run, found by asking it to validate a few bytes. */
import { f32x4, kernel } from './asm.js';
import { encodeModule } from './encode.js';

/** Whether 128-bit SIMD validates. */
export function supportsSimd(): boolean {
  if (typeof WebAssembly === 'undefined') return false;
  const probe = kernel('probe', { a: 'i32' }, ({ a }, $) =>
    $.do(f32x4.store(a, f32x4.add(f32x4.load(a), f32x4.const(1)))));
  return WebAssembly.validate(
    encodeModule([probe.emit()], { module: 'env', name: 'memory', shared: false, maximum: 1 }),
  );
}


