import { createSamples } from './samples/create.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('create', createSamples);
