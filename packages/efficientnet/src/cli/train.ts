/** `efficientnet train`: a network from nothing to a report. */
import { formatSummary } from '@vitrine/nn';
import { RunLog } from '@vitrine/nn/node';
import { info, manualSeed } from '@vitrine/tensor';
import { configFor } from '../model.js';
import { summary } from '../summary.js';
import { describeMachine } from './machine.js';
import { namedModel } from './named-model.js';
import { asUsage, choice, helpOf, option } from './options.js';
import type { Values } from './options.js';
import { augmentationHelp } from './training/augment.js';
import { CONFIG_FILE, formatConfig, inFull, readSettings } from './training/config.js';
import { loadSets, wantedBy } from './training/data.js';
import { finish } from './training/finish.js';
import {
  COMMAND_OPTIONS, DATA_DEFAULTS, DATA_OPTIONS, NETWORK_OPTIONS, RECIPE_OPTIONS, RUN_DEFAULTS, RUN_OPTIONS,
} from './training/options.js';
import { outputFor } from './training/output.js';
import { PRESET_NAMES, TRAINING_PRESETS, presetHelp, recipeOf, valuesOf } from './training/presets.js';
import type { PresetName, TrainingPreset } from './training/presets.js';
import { makeLoaders, runTraining } from './training/run.js';
import { reopen } from './training/run-folder.js';

const PRESET_OPTION = {
  preset: option('NAME', choice(...PRESET_NAMES), 'settings to start from, see below (default start)'),
} as const;

const TRAIN_TABLE = {
  ...PRESET_OPTION, ...DATA_OPTIONS, ...NETWORK_OPTIONS, ...RECIPE_OPTIONS, ...RUN_OPTIONS, ...COMMAND_OPTIONS,
} as const;

/** All that config.json holds. */
type TrainValues = Values<Omit<typeof TRAIN_TABLE, keyof typeof COMMAND_OPTIONS>>;

const help = `efficientnet train [options]: train an EfficientNet

  Leaves a folder with config.json (all settings), metrics.jsonl, checkpoint.safetensors (to go on from),
  best.safetensors (the weights of the best epoch) and report.html. Ctrl-C stops after the current step and leaves all
  of that, too.

${helpOf(PRESET_OPTION)}${helpOf(COMMAND_OPTIONS)}
Data
${helpOf(DATA_OPTIONS)}
Network
${helpOf(NETWORK_OPTIONS)}
Recipe; what is not given, the preset says
${helpOf(RECIPE_OPTIONS)}
Run
${helpOf(RUN_OPTIONS)}
Presets
${presetHelp}
Augmentations, done in the order in which they are named; @P is a probability, none is none
${augmentationHelp}`;

async function run(args: readonly string[]): Promise<number> {
  const given = await readSettings('train', TRAIN_TABLE, args);
  const { config: _config, resume, json = false, threads: _threads, ...settings } = given;
  const preset: PresetName = settings.preset ?? 'start';
  const output = outputFor(json);
  const { say } = output;
  const { backend } = info();
  const machine = describeMachine();
  const row: TrainingPreset = TRAINING_PRESETS[preset];
  const slow = backend === 'reference' && row.referenceEpochs !== undefined ? { epochs: row.referenceEpochs } : {};
  const values: TrainValues = {
    preset, ...DATA_DEFAULTS, ...RUN_DEFAULTS, ...valuesOf(row), ...slow, ...settings, backend,
    data: inFull(settings.data),
  };
  const { model: name, seed } = values;
  const { inChannels, imageSize } = asUsage(() => configFor(name));
  say(machine.map(([label, value]) => `${label} ${value}`).join(' · '));

  const sets = await loadSets(values, (images) => wantedBy(images, values, { inChannels, imageSize }), output.warn);
  try {
    const { title, train, test, where, preprocessing: { crop }, losesColour } = sets;
    say(`${title}: ${train.length} training and ${test.length} test images, ${where}`);
    if (losesColour) {
      output.warn(`${where}: pictures in colour, and the network sees grey ${crop} × ${crop} images; --model and ` +
        '--image-size choose otherwise');
    }
    manualSeed(seed);
    const { network } = recipeOf(values);
    const model = namedModel(name, {
      ...network, inChannels: train.channels, numClasses: train.classes.length, imageSize: crop,
    });
    const table = formatSummary(summary(model));
    say(`\n${model.config.name}\n${table}\n`);
    const loaders = makeLoaders(sets, values);
    const log = resume === undefined ? RunLog.create(values.runs) : reopen(resume);
    if (resume === undefined) log.write(CONFIG_FILE, formatConfig('train', values));
    const ending = await runTraining({ model, sets, loaders, values, log, output });
    return await finish({ log, output, json, model, sets, loaders, ending, machine, summary: table, config: values });
  } finally {
    sets.close();
  }
}

export const trainCommand = { help, run };
