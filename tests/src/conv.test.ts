import { convLayoutSamples, convSamples, depthwiseSamples } from './samples/conv.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('conv2d', convSamples);
describeSamples('conv2d: depthwise', depthwiseSamples);
describeSamples('conv2d: layouts', convLayoutSamples);
