import { groupNormSamples } from './samples/group-norm.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('group norm', groupNormSamples);
