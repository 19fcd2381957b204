/** `efficientnet summary NAME`. */
import process from 'node:process';
import { meta } from '@vitrine/tensor';
import { formatSummary } from '@vitrine/nn';
import { summary } from '../summary.js';
import { namedModel } from './named-model.js';
import { UsageError, flag, helpOf, option, readArguments, whole } from './options.js';
import { printJson } from './output.js';

const TABLE = {
  'image-size': option('N', whole(1), 'side of the input in pixels (default: what the variant was made for)'),
  'num-classes': option('N', whole(1), 'classes of the classifier (default 1000)'),
  tree: flag('print the tree of modules instead'),
  json: flag('print JSON: name, inputShape, params, macs, activationBytes, layers'),
} as const;

const help = `efficientnet summary NAME [options]: layers, parameters and multiply-adds

NAME is efficientnet-b0 … b8, -l2, -lite0 … -lite4, -v2-s, -v2-m, -v2-l (or b0, lite0, v2-s …),
or a small one: small-32, tiny-28, fast-28, small-28, medium-28.

${helpOf(TABLE)}`;

async function run(args: readonly string[]): Promise<number> {
  const { given, positionals: [name] } = readArguments(TABLE, args, 1);
  if (name === undefined) throw new UsageError('summary takes the NAME of a model, such as b0');
  const { 'image-size': imageSize, 'num-classes': numClasses, tree = false, json = false } = given;
  if (tree && json) throw new UsageError('summary prints the tree, or JSON of the layers; leave out --tree or --json');
  const model = meta(() => namedModel(name, {
    ...(imageSize !== undefined && { imageSize }),
    ...(numClasses !== undefined && { numClasses }),
  }));
  if (tree) {
    process.stdout.write(`${String(model)}\n`);
    return 0;
  }
  const result = summary(model);
  if (json) printJson({ name: model.config.name, ...result });
  else process.stdout.write(`${model.config.name}\n${formatSummary(result)}\n`);
  return 0;
}

export const summaryCommand = { help, run, printsOnly: (): boolean => true };
