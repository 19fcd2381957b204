import { matmulSamples } from './samples/matmul.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('matmul', matmulSamples);
