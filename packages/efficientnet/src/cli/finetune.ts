/** `efficientnet finetune --weights FILE --data DIR`: from what a network knows to other classes. */
import process from 'node:process';
import { formatPercent, formatSummary } from '@vitrine/nn';
import { RunLog } from '@vitrine/nn/node';
import { info, manualSeed } from '@vitrine/tensor';
import { existsSync } from 'node:fs';
import { freeze, stageGroups, stagesOf } from '../stages.js';
import type { StageName } from '../stages.js';
import { summary } from '../summary.js';
import { replaceClassifier } from '../transfer.js';
import { describeMachine } from './machine.js';
import { UsageError, helpOf, number, option, orNone, share, whole } from './options.js';
import type { Kind, Values } from './options.js';
import { augmentationHelp } from './training/augment.js';
import { CONFIG_FILE, formatConfig, inFull, readSettings } from './training/config.js';
import { loadSets } from './training/data.js';
import { finish } from './training/finish.js';
import { trainHead } from './training/head.js';
import {
  COMMAND_OPTIONS, DATA_DEFAULTS, DATA_OPTIONS, RECIPE_OPTIONS, RUN_DEFAULTS, RUN_OPTIONS,
} from './training/options.js';
import { outputFor } from './training/output.js';
import { FINETUNE_PRESET, recipeValuesOf } from './training/presets.js';
import { makeLoaders, runTraining } from './training/run.js';
import { reopen } from './training/run-folder.js';
import { givenOf } from './training/spec.js';
import { WEIGHTS_TABLE, wantedByWeights } from './training/weights.js';
import { describeFound, openWeights } from './weights-options.js';

const isStage = (value: unknown): value is StageName =>
  typeof value === 'string' && /^(?:stem|stage[1-9]\d*|head)$/.test(value);

const stage: Kind<StageName> = {
  rule: 'stem, stage1, stage2 … or head', fromText: (text) => (isStage(text) ? text : undefined), isValue: isStage,
};

const TRANSFER_OPTIONS = {
  'epochs-head': option('N', whole(0), 'passes over the features with the rest frozen (default 10); 0 leaves that out'),
  'lr-head': option('X', number('a number > 0', (n) => n > 0), 'highest learning rate of the new head (default 0.01)'),
  'freeze-until': option('STAGE', orNone(stage), 'the stages up to it stay as they are, statistics too: stem, ' +
    'stage1 … or head (default none)'),
  'lr-decay-by-stage': option('X', share, 'what --lr is multiplied by from a stage to the one before it (default 0.9)'),
} as const;

/** What is decayed, the groups by stages say. */
const { decayed: _decayed, ...TUNE_OPTIONS } = RECIPE_OPTIONS;
const { decayed, ...TUNE_DEFAULTS } = recipeValuesOf(FINETUNE_PRESET);

const FINETUNE_TABLE = {
  ...WEIGHTS_TABLE, ...DATA_OPTIONS, ...TRANSFER_OPTIONS, ...TUNE_OPTIONS, ...RUN_OPTIONS, ...COMMAND_OPTIONS,
} as const;

const TRANSFER_DEFAULTS: Values<typeof TRANSFER_OPTIONS> = {
  'epochs-head': 10, 'lr-head': 0.01, 'freeze-until': null, 'lr-decay-by-stage': 0.9,
};

const help = `efficientnet finetune --weights FILE --data DIR [options]: teach a network other classes

  A new head is trained on what the network, as it is, makes of each image (which is worked out once); then all stages
  are, the early ones more slowly. Images are prepared as the weights want it. Leaves a folder, as train does.

${helpOf(WEIGHTS_TABLE)}${helpOf(COMMAND_OPTIONS)}
Transfer
${helpOf(TRANSFER_OPTIONS)}
Data
${helpOf(DATA_OPTIONS)}
Recipe of what follows the head; the defaults are
  ${Object.entries(TUNE_DEFAULTS).filter(([, value]) => value !== null && value !== false && value !== 1)
    .map(([name, value]) => `--${name} ${String(value)}`).join(' ').replace(/(.{60,100}) (?=--)/g, '$1\n  ')}
${helpOf(TUNE_OPTIONS)}
Run
${helpOf(RUN_OPTIONS)}
Augmentations, done in the order in which they are named; @P is a probability, none is none
${augmentationHelp}`;

async function run(args: readonly string[]): Promise<number> {
  const given = await readSettings('finetune', FINETUNE_TABLE, args);
  const { config: _config, resume, json = false, threads: _threads, weights, ...settings } = given;
  if (weights === undefined) throw new UsageError('finetune takes --weights FILE, a path or an address');
  const output = outputFor(json);
  const { say, warn } = output;
  const machine = describeMachine();
  const values = {
    weights: /^\w+:\/\//.test(weights) ? weights : inFull(weights) ?? weights,
    ...DATA_DEFAULTS, ...RUN_DEFAULTS, ...TRANSFER_DEFAULTS, ...TUNE_DEFAULTS, ...settings,
    backend: info().backend, data: inFull(settings.data),
  };
  const { seed, 'epochs-head': epochs, 'lr-head': lr, 'freeze-until': until, 'lr-decay-by-stage': decay } = values;
  say(machine.map(([label, value]) => `${label} ${value}`).join(' · '));

  const { model: name, conventions, sha256, cache, averages: ema } = given;
  const opened = await openWeights(givenOf({ model: name, conventions, sha256, cache, ema }), values.weights);
  if (!json) process.stderr.write(describeFound(opened.found));
  const sets = await loadSets(values, wantedByWeights(opened, values), warn);
  try {
    const { title, train, test, where } = sets;
    say(`${title}: ${train.length} training and ${test.length} test images, ${train.classes.length} classes, ${where}`);
    manualSeed(seed);
    const model = replaceClassifier(opened.model, train.classes.length);
    checkStage(until, stagesOf(model).map(({ name }) => name));
    const recipe = { ...values, decayed };
    const loaders = makeLoaders(sets, recipe);
    const table = formatSummary(summary(model, { imageSize: sets.preprocessing.crop }));
    const log = resume === undefined ? RunLog.create(values.runs) : reopen(resume);
    if (resume === undefined) log.write(CONFIG_FILE, formatConfig('finetune', values));
    // What is resumed has its head in the checkpoint.
    if (epochs > 0 && !existsSync(log.path('checkpoint.safetensors'))) {
      const accuracy = await trainHead(model, sets, { epochs, lr }, recipe, output);
      say(`test accuracy ${formatPercent(accuracy)} with the new head`);
    }
    if (until !== null) freeze(model, { until });
    const groups = stageGroups(model, { decay });
    const ending = await runTraining({ model, sets, loaders, values: recipe, groups, log, output });
    return await finish({ log, output, json, model, sets, loaders, ending, machine, summary: table, config: values });
  } finally {
    sets.close();
  }
}

function checkStage(until: StageName | null, names: readonly string[]): void {
  if (until === null || names.includes(until)) return;
  throw new UsageError(`--freeze-until takes one of ${names.slice(0, -1).join(', ')}, or none; got '${until}'`);
}

export const finetuneCommand = { help, run };
