/** `efficientnet summary NAME`. */
import process from 'node:process';
import { meta } from '@vitrine/tensor';
import { formatSummary } from '@vitrine/nn';
import { summary } from '../summary.js';
import { namedModel } from './named-model.js';
import { UsageError, parseOptions } from './options.js';

const help = `efficientnet summary NAME [options]: layers, parameters and multiply-adds

NAME is efficientnet-b0 … b8, -l2, -lite0 … -lite4, -v2-s, -v2-m, -v2-l (or b0, lite0, v2-s …),
or a small one: small-32, tiny-28, fast-28, small-28, medium-28.

  --image-size N     side of the input in pixels (default: what the variant was made for)
  --num-classes N    classes of the classifier (default 1000)
  --tree             print the tree of modules instead
  --json             print JSON: name, inputShape, params, macs, activationBytes, layers
`;

async function run(args: readonly string[]): Promise<number> {
  const { whole, flag, positionals } = parseOptions(args, ['image-size', 'num-classes'], ['json', 'tree'], 1);
  const [name] = positionals;
  if (name === undefined) throw new UsageError('summary takes the NAME of a model, such as b0');
  const [imageSize, numClasses] = [whole('image-size', 1), whole('num-classes', 1)];
  const model = meta(() => namedModel(name, {
    ...(imageSize !== undefined && { imageSize }),
    ...(numClasses !== undefined && { numClasses }),
  }));
  if (flag('tree')) {
    process.stdout.write(`${String(model)}\n`);
    return 0;
  }
  const result = summary(model);
  if (flag('json')) process.stdout.write(`${JSON.stringify({ name: model.config.name, ...result }, null, 2)}\n`);
  else process.stdout.write(`${model.config.name}\n${formatSummary(result)}\n`);
  return 0;
}

export const summaryCommand = { help, run };
