/** @vitrine/nn: modules, losses, optimizers, schedules, and a trainer. */
export {
  ELU, GELU, Hardsigmoid, Hardswish, LeakyReLU, LogSoftmax, ReLU, ReLU6, SiLU, Sigmoid, Softmax, Softplus, Tanh,
} from './activations.js';
export { BatchNorm2d } from './batch-norm.js';
export type { BatchNormOptions } from './batch-norm.js';
export { Conv2d } from './conv.js';
export type { Conv2dLayerOptions } from './conv.js';
export { ConvTranspose2d } from './conv-transpose.js';
export type { ConvTranspose2dLayerOptions } from './conv-transpose.js';
export { Dropout, StochasticDepth } from './dropout.js';
export { AveragePool2d, GlobalAveragePool } from './functional-modules.js';
export { GroupNorm, LayerNorm } from './group-norm.js';
export type { SampleNormOptions } from './group-norm.js';
export * as init from './init.js';
export { foldBatchNorm, plainConv } from './infer/fold.js';
export type { FoldedConv } from './infer/fold.js';
export { Plan, Planner } from './infer/plan.js';
export { Linear } from './linear.js';
export * from './losses/index.js';
export { Module } from './module.js';
export type { ForwardHook, LoadOptions, LoadReport } from './module.js';
export { ExponentialMovingAverage } from './ema.js';
export type { ExponentialMovingAverageOptions } from './ema.js';
export { Adam, AdamW } from './optim/adam.js';
export type { AdamOptions, AdamWOptions } from './optim/adam.js';
export { clipGradNorm, clipGradValue } from './optim/clip.js';
export type { ClipGradNormOptions } from './optim/clip.js';
export { decayGroups } from './optim/groups.js';
export type { OptimizerGroup, ParameterGroup } from './optim/groups.js';
export { oneCycle } from './optim/one-cycle.js';
export type { OneCycleOptions } from './optim/one-cycle.js';
export { Optimizer } from './optim/optimizer.js';
export type { StepSettings } from './optim/optimizer.js';
export { ReduceOnPlateau } from './optim/plateau.js';
export type { ReduceOnPlateauOptions } from './optim/plateau.js';
export { RMSprop, RMSpropTF } from './optim/rmsprop.js';
export type { RmspropOptions, RmspropTFOptions } from './optim/rmsprop.js';
export {
  constant, cosine, cosineRestarts, exponential, linear, multiStep, polynomial, sequential, step, warmup,
} from './optim/schedules.js';
export type { Schedule } from './optim/schedules.js';
export { SGD } from './optim/sgd.js';
export type { SgdOptions } from './optim/sgd.js';
export { ModuleBuffer, Parameter } from './parameter.js';
export { AdaptiveAveragePool2d, AdaptiveMaxPool2d, MaxPool2d } from './pooling.js';
export { Resize, Upsample } from './resize.js';
export type { UpsampleOptions } from './resize.js';
export { Sequential } from './sequential.js';
export { formatSummary, summarize } from './summary.js';
export type { LayerSummary, ModelSummary } from './summary.js';
export { DivergedError, evaluate, fit } from './train/trainer.js';
export type { Batch, EpochResult, Evaluation, FitOptions, StepResult } from './train/trainer.js';
export { ConfusionMatrix, classScores, commonestConfusions } from './train/confusion.js';
export type { ClassScore, Confusion } from './train/confusion.js';
export { Progress, formatPercent } from './train/progress.js';
export type { ProgressMetrics, ProgressOptions, ProgressStream } from './train/progress.js';
export { renderReport } from './train/report.js';
export type { EpochMetrics, Fact, Mistake, ReportData } from './train/report.js';
