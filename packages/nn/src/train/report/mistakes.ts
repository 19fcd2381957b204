/** Pictures of what went wrong, and of what the network looked at. */
import { formatPercent } from '../progress.js';
import { escapeText } from '../svg/marks.js';
import { checkImage } from './html.js';

export interface Mistake {
  /** A data URI of a PNG, JPEG, WebP, GIF or BMP, base64. */
  image: string;
  /** Likewise: the image under a map of what spoke for `predicted`, such as Grad-CAM's. */
  overlay?: string | undefined;
  truth: string;
  predicted: string;
  /** The probability given to `predicted`, 0..1. */
  confidence: number;
}

/** In the order given, each over what it is, what it was called, and how sure the network was. */
export function mistakes(all: readonly Mistake[] = []): string {
  all.forEach(({ image, overlay }, i) => {
    checkImage(`mistakes[${i}].image`, image);
    if (overlay !== undefined) checkImage(`mistakes[${i}].overlay`, overlay);
  });
  const items = all.map(({ image, overlay, truth, predicted, confidence }) => {
    const picture = `<img src="${image}" alt="${escapeText(`${truth}, called ${predicted}`)}">`;
    const seen = overlay === undefined
      ? '' : `<img src="${overlay}" alt="${escapeText(`what spoke for ${predicted}`)}">`;
    return `<li><div>${picture}${seen}</div>` +
      `<span><span class="key">is</span> ${escapeText(truth)}</span>` +
      `<span><span class="key">called</span> ${escapeText(predicted)}</span>` +
      `<span class="key">${formatPercent(confidence)} sure</span></li>`;
  });
  if (items.length === 0) return '';
  const lead = all.every(({ overlay }) => overlay === undefined) ? '' : LEAD;
  return `${lead}<ul class="mistakes">${items.join('\n')}</ul>`;
}

const LEAD = '<p>Beside each image, what spoke for the wrong answer (Grad-CAM): violet is nothing, then green, ' +
  'yellow the most in that image.</p>';
