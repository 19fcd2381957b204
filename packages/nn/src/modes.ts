/** Modules are in training or in evaluation mode, each by itself. */
import type { Module } from './module.js';

/** A function that puts every module of the model back into the mode it is in now. */
export function rememberModes(model: Module): () => void {
  const modes = Array.from(model.namedModules(), ([, module]) => [module, module.training] as const);
  return () => {
    for (const [module, mode] of modes) module.training = mode;
  };
}
