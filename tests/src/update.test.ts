import { updateSamples } from './samples/update.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('update', updateSamples);
