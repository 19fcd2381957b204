import { reduceSamples, softmaxSamples } from './samples/reduce.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('reduce', reduceSamples);
describeSamples('softmax', softmaxSamples);
