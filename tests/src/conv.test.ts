import { convLayoutSamples, convSamples, depthwiseSamples, dilatedSamples } from './samples/conv.js';
import { convTransposeSamples } from './samples/conv-transpose.js';
import { describeSamples } from './support/run-samples.js';

describeSamples('conv2d', convSamples);
describeSamples('conv2d: depthwise', depthwiseSamples);
describeSamples('conv2d: layouts', convLayoutSamples);
describeSamples('conv2d: dilated', dilatedSamples);
describeSamples('convTranspose2d', convTransposeSamples);
