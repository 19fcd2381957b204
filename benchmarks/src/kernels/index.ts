/** Every kernel there is to measure, in the order of the tables. */
import type { Case } from '../harness/case.js';
import { depthwiseCases, pointwiseCases, stemCases } from './conv.js';
import { gemmCases } from './gemm.js';
import { layersOf } from './layers.js';
import { excitationCases, memoryBoundCases } from './memory-bound.js';
import { lossCases, trainingCases } from './training.js';

export function kernelCases(): Case[] {
  const networks = [layersOf('b0', 1), layersOf('small-32', 32)];
  return [
    ...networks.flatMap(pointwiseCases),
    ...networks.flatMap(depthwiseCases),
    ...networks.flatMap(stemCases),
    ...gemmCases,
    ...memoryBoundCases,
    ...networks.flatMap(excitationCases),
    ...lossCases,
    ...networks.flatMap(trainingCases),
  ];
}
