import { indexSelectSamples } from './samples/index-select.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('index-select', indexSelectSamples);
