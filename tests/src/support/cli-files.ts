/** Weights and pictures in a folder of their own, for the command line to work on. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EfficientNet, encodeWeights } from '@vitrine/efficientnet';
import type { EfficientNetOptions } from '@vitrine/efficientnet';
import { meta } from '@vitrine/tensor';
import { expect } from 'chai';
import { run } from './command-line.js';
import { fillModel } from './fill.js';
import { fileOf as pictureFile } from './images.js';
import { fileOf } from './pretrained.js';

/** A network whose logits change with its input. */
export async function filled(name: string, options: EfficientNetOptions = {}): Promise<EfficientNet> {
  const shapes = meta(() => EfficientNet.fromName(name, options));
  const model = JSON.stringify(shapes.config);
  return EfficientNet.fromPretrained('auto', fileOf('timm', shapes, fillModel(shapes), { model }));
}

export const TINY_CLASSES = ['ankle boot', 'bag', 'shirt', 'coat'];
export const COLOURS = { mean: [0.286], std: [0.353] };

/** Pictures in the order of a walk; `pictures/broken.jpg` is between the second and the third. */
export const PICTURES = [
  ['pictures/B.png', 'RGB 8'], ['pictures/a.jpg', '4:2:2 quality 75'], ['pictures/c/deep/z.PNG', 'grey 8'],
  ['pictures/d.jpeg', '4:4:4 quality 100'],
] as const;

/**
 * `tiny.safetensors`: grey, as `train` leaves it. `small.safetensors`: colours, timm's names, says how to prepare
 * images. `bare.safetensors`: the same network, torchvision's names and PyTorch's conventions, says nothing.
 */
export async function makeFiles(): Promise<{ folder: string; path: (name: string) => string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-cli-'));
  const path = (name: string): string => join(folder, name);
  const tiny = await filled('tiny-28', { numClasses: TINY_CLASSES.length });
  writeFileSync(path('tiny.safetensors'), encodeWeights(tiny, { metadata: new Map([
    ['classes', JSON.stringify(TINY_CLASSES)], ['training', JSON.stringify({ epoch: 2, ...COLOURS })],
  ]) }));
  const small = await filled('small-32', { numClasses: 10, conventions: 'pytorch' });
  const preprocessing = { resize: 40, crop: 32, interpolation: 'bicubic', mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
  writeFileSync(path('small.safetensors'),
    encodeWeights(small, { layout: 'timm', metadata: new Map([['preprocessing', JSON.stringify(preprocessing)]]) }));
  writeFileSync(path('bare.safetensors'), encodeWeights(small, { layout: 'torchvision' }));
  mkdirSync(path('pictures/c/deep'), { recursive: true });
  mkdirSync(path('none'));
  for (const [name, fixture] of PICTURES) writeFileSync(path(name), pictureFile(fixture));
  writeFileSync(path('pictures/broken.jpg'), pictureFile('4:2:2 quality 75').subarray(0, 300));
  writeFileSync(path('pictures/.hidden.png'), 'no picture');
  writeFileSync(path('pictures/notes.txt'), 'no picture');
  return { folder, path, remove: () => rmSync(folder, { recursive: true }) };
}

/** Runs to exit code `code`, and reads what it printed as JSON. */
export async function runJson<T>(
  code: number, ...args: readonly string[]
): Promise<T & { readonly errorText: string }> {
  const finished = await run(...args, '--json');
  expect(finished.code, finished.stderr).to.equal(code);
  return { ...JSON.parse(finished.stdout) as T, errorText: finished.stderr };
}
