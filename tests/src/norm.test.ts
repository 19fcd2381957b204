import { normSamples } from './samples/norm.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('norm', normSamples);
