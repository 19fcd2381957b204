/** Runs rows of the samples on every backend, in both element types. */
import { scope } from '@vitrine/tensor';
import type { DType } from '@vitrine/tensor';
import { expect } from 'chai';
import { describeOperands, lay, values } from '../samples/sample.js';
import type { Sample } from '../samples/sample.js';
import { backends } from './backends.js';
import type { Backend } from './backends.js';
import { expectClose } from './close.js';

const FLOAT64_TOLERANCE = 1e-12;

export function describeSamples(title: string, samples: readonly Sample[]): void {
  describe(title, () => {
    for (const backend of backends) {
      describe(backend.name, () => {
        for (const sample of samples) {
          const operands = describeOperands(sample.inputs);
          it([sample.op, sample.name, operands].filter((part) => part !== '').join(' '), () => {
            backend.run(() => check(sample, 'float32', backend));
            if (backend === backends[0]) check(sample, 'float64', backend);
          });
        }
      });
    }
  });
}

function check(sample: Sample, dtype: DType, backend: Backend): void {
  const dense = values(sample);
  const exact = sample.want(dense);
  const want = dtype === 'float64' ? exact : { shape: exact.shape, data: Float32Array.from(exact.data) };
  scope(() => {
    const inputs = dense.map((x, i) => lay(x, sample.inputs[i].layout, dtype));
    const got = sample.run(inputs);
    expect(got.dtype).to.equal(dtype);
    expectClose(got, want, dtype === 'float64' ? FLOAT64_TOLERANCE : backend.tolerance, `${sample.op} ${dtype}`);
    inputs.forEach((input, i) => {
      if (!(sample.inPlace && i === 0)) expectClose(input, dense[i], 0, `${sample.op}: operand ${i} afterwards`);
    });
  });
}
