import { poolSamples } from './samples/pool.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('pool', poolSamples);
