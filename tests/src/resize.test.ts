import { resizeSamples } from './samples/resize.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('resize', resizeSamples);
