/** `efficientnet train`: a small variant on Fashion-MNIST, from nothing to a report. */
import process from 'node:process';
import { DataLoader, loadFashionMnist, randomFlip } from '@vitrine/data';
import { AdamW, Progress, confusionOf, cosine, crossEntropy, decayGroups, evaluate, fit, formatPercent, formatSummary, warmup } from '@vitrine/nn';
import type { Batch, EpochMetrics, Evaluation, StepMetrics } from '@vitrine/nn';
import type { Variable } from '@vitrine/autograd';
import { RunLog } from '@vitrine/nn/node';
import { manualSeed } from '@vitrine/tensor';
import type { Tensor } from '@vitrine/tensor';
import { summary } from '../summary.js';
import { describeMachine } from './machine.js';
import { namedModel } from './named-model.js';
import { UsageError } from './options.js';
import { parseTrainOptions, trainHelp } from './train-options.js';
import { leaveReport, saveCheckpoint, showPredictions } from './results.js';

/** Mean and standard deviation of Fashion-MNIST's training pixels, on the scale of 0 to 1. */
const MEAN = [0.286];
const STD = [0.353];

async function run(args: readonly string[]): Promise<number> {
  const options = parseTrainOptions(args);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const machine = describeMachine();
  say(machine.map(([label, value]) => `${label} ${value}`).join(' · '));

  const data = await loadFashionMnist(options.data === undefined ? {} : { dir: options.data });
  say(`Fashion-MNIST: ${data.train.length} training and ${data.test.length} test images, ${options.data ?? 'the embedded subset'}`);

  manualSeed(options.seed);
  const model = namedModel(options.model, {
    inChannels: data.train.channels, numClasses: data.train.classes.length, batchNormMomentum: options.batchNormMomentum,
  });
  const size = Math.max(model.config.imageSize, data.train.height, data.train.width);
  const table = formatSummary(summary(model, { imageSize: size }));
  say(`\n${model.config.name}\n${table}\n`);

  const { batchSize, seed } = options;
  const common = { size, mean: MEAN, std: STD };
  const training = new DataLoader({ ...common, dataset: data.train, batchSize, shuffle: true, dropLast: true, seed, augment: randomFlip });
  const testing = new DataLoader({ ...common, dataset: data.test, batchSize: 100 });
  if (training.length === 0) {
    throw new UsageError(`--batch-size takes at most the number of training images, ${data.train.length}; got ${batchSize}`);
  }
  const steps = options.epochs * training.length;
  const optimizer = new AdamW(decayGroups(model.parameters()), { lr: options.lr, weightDecay: options.weightDecay });

  const criterion = (logits: Variable, labels: Tensor): Variable =>
    crossEntropy(logits, labels, { labelSmoothing: options.labelSmoothing });

  const log = RunLog.create(options.runs);
  log.write('metrics.jsonl', '');
  const progress = new Progress({ stream: process.stdout });
  const { signal, release } = stopOnInterrupt(progress);
  const epochs: EpochMetrics[] = [];
  const losses: StepMetrics[] = [];
  let last: Evaluation | null = null;
  let done = 0;
  const started = performance.now();
  try {
    if (options.epochs > 0) progress.start(`train 1/${options.epochs}`, data.train.length);
    await fit(model, training, {
      epochs: options.epochs,
      optimizer,
      schedule: warmup(Math.min(100, Math.ceil(steps / 10)), cosine(options.lr, steps)),
      loss: criterion,
      signal,
      onStep: ({ step, loss, images, learningRate }) => {
        done += images;
        losses.push({ step, loss, learningRate });
        log.append({ kind: 'step', step, loss, learningRate });
        progress.update(done, { loss });
      },
      onEpoch: async ({ epoch, trainLoss, seconds, imagesPerSecond, learningRate }) => {
        progress.end();
        const evaluation = await evaluate(model, testing, { signal });
        if (signal.aborted) return;
        last = evaluation;
        const metrics = { epoch, trainLoss, testLoss: last.loss, testAccuracy: last.accuracy, learningRate, seconds, imagesPerSecond };
        epochs.push(metrics);
        log.append({ kind: 'epoch', ...metrics });
        say(`test accuracy ${formatPercent(last.accuracy)}`);
        await saveCheckpoint(log.path('checkpoint.safetensors'), model, data.train.classes, { epoch, mean: MEAN, std: STD });
        done = 0;
        if (epoch < options.epochs) progress.start(`train ${epoch + 1}/${options.epochs}`, data.train.length);
      },
    });
  } finally {
    progress.end();
    release();
  }
  const seconds = (performance.now() - started) / 1000;
  const interrupted = signal.aborted;
  await saveCheckpoint(log.path('checkpoint.safetensors'), model, data.train.classes, { epoch: epochs.length, mean: MEAN, std: STD });
  if (last !== null) {
    say(`\n${confusionOf(data.test.classes, last).toString(process.stdout.columns || 100)}\n`);
    say(showPredictions(data.test, last, process.stdout));
  }
  await leaveReport(log, {
    title: `${model.config.name} on Fashion-MNIST`,
    facts: [...machine, ['training time', `${seconds.toFixed(1)} s`], ['finished', interrupted ? 'no, interrupted' : 'yes']],
    config: Object.entries({ ...options, data: options.data ?? 'embedded subset' }),
    epochs, steps: losses, summary: table, dataset: data.test, evaluation: last,
    model, batch: await firstOf(training), loss: criterion, preparation: common,
  });
  say(`\n${interrupted ? 'interrupted; ' : ''}trained ${seconds.toFixed(1)} s; ${log.folder} has checkpoint.safetensors, metrics.jsonl and report.html`);
  return interrupted ? 130 : 0;
}

/** One batch, of the epoch that would come next. */
async function firstOf(data: AsyncIterable<Batch>): Promise<Batch | null> {
  for await (const batch of data) return batch;
  return null;
}

/** The first Ctrl-C asks the loop to stop after its step; the second ends the process at once. */
function stopOnInterrupt(progress: Progress): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    progress.log('stopping after this step (once more to stop at once)');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    },
  };
}

export const trainCommand = { help: trainHelp, run };
