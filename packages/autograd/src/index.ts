/** @vitrine/autograd: variables, reverse mode, and the derivative of every operation. */
export type * from './args.js';
export { AnomalyError, detectAnomaly, setAnomalyDetection } from './anomaly.js';
export type { Anomaly, AnomalyOptions } from './anomaly.js';
export type {
  Args, ArrangeArgs, ElementwiseArgs, GroupNormArgs, LinearArgs, MaxPoolArgs, NormArgs, ReduceArgs, ResizeArgs,
  ViewArgs,
} from './args.js';
export type { BackwardOptions, GradOptions } from './backward.js';
export { checkpoint } from './checkpoint.js';
export { graphToDot } from './draw/dot.js';
export type { DrawOptions } from './draw/graph.js';
export { graphToSvg } from './draw/svg.js';
export { grad, hvp, jvp, valueAndGrad } from './functional.js';
export type { ArgumentOption, Inputs, VariableFunction } from './functional.js';
export { defineFunction } from './function.js';
export { enableGrad, isGradEnabled, noGrad } from './gradient-mode.js';
export { gradcheck } from './gradcheck.js';
export type { GradcheckOptions } from './gradcheck.js';
export type { JointVjp, Row, Save, Vjp } from './node.js';
export { variable } from './apply.js';
export type { Input, Operand } from './apply.js';
export * from './ops/index.js';
export { joint, vjp } from './record.js';
export { Variable } from './variable.js';
export type { VariableOptions } from './variable.js';
