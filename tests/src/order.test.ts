import { orderSamples } from './samples/order.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('order', orderSamples);
