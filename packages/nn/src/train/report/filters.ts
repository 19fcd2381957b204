/** What the first convolution looks for. */
import { escapeText } from '../svg/marks.js';
import { checkImage } from './html.js';

/** One picture a filter, a base64 data URI each. */
export function filters(all: readonly string[] = []): string {
  if (all.length === 0) return '';
  const items = all.map((image, i) => {
    checkImage(`filters[${i}]`, image);
    return `<img src="${image}" alt="${escapeText(`filter ${i}`)}" title="channel ${i}">`;
  });
  return '<p>The kernels of the stem, each on its own scale: middle grey is 0, lighter is positive, darker ' +
    'negative.</p>' +
    `<div class="filters">${items.join('')}</div>`;
}
