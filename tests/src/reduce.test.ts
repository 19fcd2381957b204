import { reduceSamples, softmaxSamples } from './samples/reduce.js';
import { statisticsSamples } from './samples/statistics.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('reduce', reduceSamples);
describeSamples('softmax', softmaxSamples);
describeSamples('statistics', statisticsSamples);
