import { binarySamples, unarySamples } from './samples/elementwise.js';
import { whereSamples } from './samples/where.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('elementwise: one operand', unarySamples);
describeSamples('elementwise: two operands', binarySamples);
describeSamples('elementwise: where', whereSamples);
