#!/usr/bin/env node
/** The command line: `efficientnet COMMAND …`. */
import process from 'node:process';
import { convertCommand } from './convert.js';
import { evaluateCommand } from './evaluate.js';
import { exportCommand } from './export.js';
import { finetuneCommand } from './finetune.js';
import { inspectCommand } from './inspect.js';
import { UsageError } from './options.js';
import { predictCommand } from './predict.js';
import { scaleCommand } from './scale.js';
import { summaryCommand } from './summary.js';
import { trainCommand } from './train.js';

interface Command {
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>;
  /** Whether all that it leaves is what it prints. Default: it is not. */
  readonly printsOnly?: (args: readonly string[]) => boolean;
}

const commands: Readonly<Record<string, Command>> = {
  train: trainCommand,
  finetune: finetuneCommand,
  evaluate: evaluateCommand,
  summary: summaryCommand,
  scale: scaleCommand,
  predict: predictCommand,
  inspect: inspectCommand,
  convert: convertCommand,
  export: exportCommand,
};

const help = `efficientnet: train, look at and use EfficientNets

Networks
  efficientnet train --data DIR              train a network, from nothing to a report
  efficientnet finetune --weights W --data DIR
                                             go on from weights, for other classes
  efficientnet evaluate --weights W --data DIR
                                             how right it is, where it is wrong, whether it knows
  efficientnet summary NAME                  layers, parameters and multiply-adds of a variant
  efficientnet scale                         what compound scaling gives at every step

Weights: this library's, torchvision's, timm's, lukemelas' (.safetensors, .pth, .pt; a path or an address)
  efficientnet predict FILE… --weights W     what is in pictures, folders of them, or a .npy
  efficientnet inspect W                     whose weights, of which network, trained how
  efficientnet convert W OUT --layout L      the same weights under another library's names
  efficientnet export W OUT.onnx             a file for ONNX Runtime and others

  efficientnet COMMAND --help                all options of a command; with --json, what is found comes as JSON

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
`;

const commandOf = (name: string): Command | undefined => (Object.hasOwn(commands, name) ? commands[name] : undefined);

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help);
    return name === undefined ? 2 : 0;
  }
  const command = commandOf(name);
  if (command === undefined) {
    throw new UsageError(`there is no command '${name}'; known are ${Object.keys(commands).join(', ')}`);
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(rest);
}

// A reader that has seen enough (`… | head`) closes the pipe: that is no failure of ours. Whoever is still to leave
// something, such as a training, goes on to do so.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    const [name = '', ...args] = process.argv.slice(2);
    if (stream === process.stdout && commandOf(name)?.printsOnly?.(args) === true) process.exit(0);
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`efficientnet: ${message}\n`);
  if (error instanceof UsageError) process.stderr.write('efficientnet --help lists commands and options\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
