/** Draws the pictures of the book anew: node tests/dist/book/draw.js */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/examples.js';
import { pictures } from './pictures.js';

const folder = join(root, 'docs/pictures');
mkdirSync(folder, { recursive: true });
for (const { name, svg } of pictures()) {
  const file = join(folder, name);
  writeFileSync(`${file}.part`, svg);
  renameSync(`${file}.part`, file);
}
