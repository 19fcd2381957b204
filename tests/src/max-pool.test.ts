import { maxPoolSamples } from './samples/max-pool.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('max pool', maxPoolSamples);
