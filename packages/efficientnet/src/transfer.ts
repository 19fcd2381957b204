/** From the classes a network was trained on to other ones. */
import { meta } from '@vitrine/tensor';
import { BatchNorm2d } from '@vitrine/nn';
import type { Module } from '@vitrine/nn';
import { renew } from './initialize.js';
import { EfficientNet } from './model.js';

/**
 * A network with copies of the model's weights and statistics, and a classifier of its own for `classes` classes,
 * freshly initialised, as `fromPretrained` makes it when asked for other classes than the file's. What is frozen stays
 * frozen, except that the classifier learns; the model given is left as it is. It is a network of its own because a
 * network's configuration, which its checkpoints carry, never changes.
 * Throws a RangeError if `classes` is no whole number >= 1.
 */
export function replaceClassifier(model: EfficientNet, classes: number): EfficientNet {
  const replaced = meta(() => new EfficientNet({ ...model.config, numClasses: classes }));
  const isClassifier = (name: string): boolean => name.startsWith('classifier.');
  const kept = new Map([...model.stateDict()].filter(([name]) => !isClassifier(name)));
  replaced.loadStateDict(kept, { strict: false }); // strict would miss the classifier
  renew(replaced.classifier);

  const modules = new Map<string, Module>(model.namedModules());
  for (const [name, module] of replaced.namedModules()) copySettings(modules.get(name)!, module);
  const parameters = new Map(model.namedParameters());
  for (const [name, parameter] of replaced.namedParameters()) {
    parameter.requiresGrad = isClassifier(name) || parameters.get(name)!.requiresGrad;
  }
  replaced.pretrained = model.pretrained === null ? null : { ...model.pretrained, classes: null };
  return replaced;
}

function copySettings(from: Module, to: Module): void {
  to.training = from.training;
  to.checkpointed = from.checkpointed;
  if (from instanceof BatchNorm2d && to instanceof BatchNorm2d) to.frozen = from.frozen;
}
