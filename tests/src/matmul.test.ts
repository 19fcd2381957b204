import { matmulSamples } from './samples/matmul.js';
import { matmulBatchedSamples } from './samples/matmul-batched.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('matmul', matmulSamples);
describeSamples('matmul: batches and vectors', matmulBatchedSamples);
